//! How Alice's gate comes to stand as a setting says, and what she is shown of that.

use std::{fs, path::Path};

use airlock_engine::{Consent, EnableError, GateStatus, OrderRefused};
use airlock_hooks::{
    Package, SignedOrder,
    list::Day,
    order::{Binds, Demand, DemandedHook, DemandedList},
};
use airlock_protocol::gate::Mode;

use crate::{
    error::{Doing, WorldError},
    list_change::ListChange,
    outcome::{ListGrown, ListWay, Outcome},
    person::Person,
    record::{Happened, InGate, OrderInGate},
    scenario::Conversation,
    setting::{Hostile, Setting},
    world::World,
};

/// A hook of the gallery that says it blocks rude words and blocks by another rule.
const HIDDEN_RULE_MANIFEST: &[u8] = include_bytes!("../../../hooks/gallery/hidden-rule/hook.toml");
const HIDDEN_RULE: &[u8] = include_bytes!("../../../hooks/gallery/hidden-rule/hook.wasm");

/// Days of an order that a setting brings.
const ORDER_DAYS: u64 = 14;

/// How Alice's gate was set.
pub(super) struct GateSet {
    /// The hook of the scenario, as the setting wants it.
    pub(super) package: Package,
    /// What the lab has put into her gate.
    pub(super) in_gate: Vec<InGate>,
    /// What she was shown where somebody did something to it.
    pub(super) happened: Vec<Happened>,
}

/// Sets Alice's gate.
pub(super) async fn set(
    world: &World,
    conversation: &Conversation,
    setting: Setting,
    folder: &Path,
) -> Result<GateSet, WorldError> {
    let mut package = with_threshold(conversation.package.clone(), setting.threshold(), folder)?;
    let (mut in_gate, mut happened) = (Vec::new(), Vec::new());
    if setting.mode() == Mode::Off || conversation.is_ordered() {
        return Ok(GateSet { package, in_gate, happened });
    }
    if setting.hostile() == Some(Hostile::SecretOrder) {
        let (demanded, what) = secret_order(world, package.clone(), setting).await?;
        return Ok(GateSet { package, in_gate: vec![demanded], happened: vec![what] });
    }
    enable(world, Person::Alice, package.clone(), setting.mode()).await?;
    in_gate.push(InGate::of(&package, setting.mode(), None));
    match setting.hostile() {
        Some(Hostile::PoisonedList) => {
            let (next, what) = grown(world, &package, &conversation.poison, ListWay::Poisoned).await?;
            package = next;
            happened.push(what);
        }
        Some(Hostile::HiddenSecondList) => {
            let (hidden, what) = hide_second_list(world, setting).await?;
            in_gate.push(hidden);
            happened.push(what);
        }
        _ => {}
    }
    Ok(GateSet { package, in_gate, happened })
}

/// The same hook, keeping reports back until there are so many: a line of its manifest.
fn with_threshold(package: Package, threshold: u32, folder: &Path) -> Result<Package, WorldError> {
    if threshold == package.manifest.threshold {
        return Ok(package);
    }
    let made = |why: String| WorldError::Made { what: "a hook with another threshold", why };
    let files = folder.join("hook-with-threshold");
    let written = || {
        package.write_dir(&files)?;
        let manifest = fs::read_to_string(files.join("hook.toml"))?;
        let old = format!("threshold = {}\n", package.manifest.threshold);
        fs::write(files.join("hook.toml"), manifest.replace(&old, &format!("threshold = {threshold}\n")))
    };
    written().map_err(|error| made(error.to_string()))?;
    let package = Package::read_dir(&files).map_err(|error| made(error.to_string()))?;
    if package.manifest.threshold == threshold {
        Ok(package)
    } else {
        Err(made("its manifest has no line for it".into()))
    }
}

/// Enables a hook for someone who agrees to all of it. The authority is named whatever the mode: that nothing goes
/// to it in other modes is what the lab looks at.
pub(super) async fn enable(
    world: &World,
    person: Person,
    package: Package,
    mode: Mode,
) -> Result<(), WorldError> {
    let authority = (person == Person::Alice).then(|| world.account(Person::Authority));
    let enabled = world.engine(person).enable_hook(package, mode, authority).await;
    enabled.doing(person.name(), "enable the hook")?;
    Ok(())
}

/// A new edition of the list comes to Alice's client: what she is shown before she agrees, and that she agrees. Gives the
/// hook with that edition.
pub(super) async fn grown(
    world: &World,
    before: &Package,
    change: &ListChange,
    way: ListWay,
) -> Result<(Package, Happened), WorldError> {
    let next = next_edition(before, change)?;
    let alice = world.alice();
    let status = alice.gate();
    let (asked, old_until_agreed) = match alice.update_hook(next.clone(), Consent::default()).await {
        Err(EnableError::Wider(difference)) => {
            let old_until_agreed = alice.gate() == status;
            alice.update_hook(next.clone(), Consent::WIDER).await.doing("Alice", "agree to the list")?;
            (Some(one_line(&difference.to_string())), old_until_agreed)
        }
        Ok(_) => (None, false),
        Err(error) => return Err(error).doing("Alice", "update the hook"),
    };
    let after = alice.gate();
    let components =
        |status: &GateStatus| status.hooks.iter().map(|one| one.hook.component).collect::<Vec<_>>();
    let same_code = components(&after) == components(&status);
    let shown = asked.iter().cloned().chain([after.to_string()]).map(|text| (Person::Alice, text)).collect();
    let change = change.clone();
    let grown = ListGrown { way, change, asked, old_until_agreed, same_code, beside_bobs: None };
    Ok((next, Happened { outcome: Outcome::ListGrew(grown), shown, taken: None }))
}

/// The same hook with the next edition of its list.
pub(super) fn next_edition(before: &Package, change: &ListChange) -> Result<Package, WorldError> {
    let version = before.list.as_ref().map_or(0, |list| list.version()) + 1;
    let made = |why| WorldError::Made { what: "another edition of the list", why };
    change.applied(before, version).map_err(made)
}

/// What the authority demands of Alice.
pub(super) fn order(
    world: &World,
    package: &Package,
    mode: Mode,
    days: u64,
) -> Result<SignedOrder, WorldError> {
    let issued = Day::of_ms(world.now_ms());
    let manifest = &package.manifest;
    let wanted = manifest.list.as_ref().map(|list| DemandedList {
        id: list.id.clone(),
        key: list.key,
        version_min: 1,
    });
    let demand = Demand {
        id: "picnics".into(),
        version: 1,
        authority: world.account(Person::Authority),
        reason: "Picnics are to be known of.".into(),
        issued,
        expires: issued.plus_days(days.saturating_sub(1).cast_signed()),
        hook: DemandedHook::of(manifest),
        list: wanted,
        mode,
        views: package.manifest.views.clone(),
        binds: Binds::Accounts(vec![world.account(Person::Alice)]),
    };
    world.authority().sign_order(demand).doing("Authority", "sign an order")
}

/// The hook that an order holds in a gate.
pub(super) fn demanded(package: &Package, order: &SignedOrder) -> InGate {
    let demand = order.demand();
    let held = OrderInGate { id: demand.id.clone(), last_day: demand.expires };
    InGate::of(package, demand.mode, Some(held))
}

/// An order comes to Alice's client while nobody tells her: first as the client is, which wants her consent, and then
/// with a client that agrees in her place.
async fn secret_order(
    world: &World,
    package: Package,
    setting: Setting,
) -> Result<(InGate, Happened), WorldError> {
    let order = order(world, &package, setting.mode(), ORDER_DAYS)?;
    let demanded = demanded(&package, &order);
    let alice = world.alice();
    let refused = match alice.install_order(&order, package.clone(), Consent::default()).await {
        Err(why @ OrderRefused::NotAccepted) => Some(why.to_string()),
        Err(error) => return Err(error).doing("Alice", "install the order"),
        Ok(_) => None,
    };
    let silent = refused.is_none();
    let installed = alice.install_order(&order, package, Consent::WIDER).await;
    let status = installed.doing("Alice", "install the order")?.to_string();
    let shown = refused.into_iter().chain([status.clone()]).map(|text| (Person::Alice, text)).collect();
    let outcome = Outcome::SecretOrder { silent, demanded: demanded.clone(), status };
    Ok((demanded, Happened { outcome, shown, taken: None }))
}

/// A second hook, which looks for something that it does not say.
async fn hide_second_list(world: &World, setting: Setting) -> Result<(InGate, Happened), WorldError> {
    let made = |why: String| WorldError::Made { what: "the hook with a hidden rule", why };
    let package = Package::new(HIDDEN_RULE_MANIFEST, HIDDEN_RULE.to_vec(), None);
    let package = package.map_err(|error| made(error.to_string()))?;
    let hidden = InGate::of(&package, setting.mode(), None);
    enable(world, Person::Alice, package, setting.mode()).await?;
    let outcome = Outcome::SecondListHidden { hook: hidden.id.clone() };
    let shown = vec![(Person::Alice, world.alice().gate().to_string())];
    Ok((hidden, Happened { outcome, shown, taken: None }))
}

/// Alice closes her client, takes the hook out of her own vault with the key that lies beside it, and opens it again.
pub(super) async fn take_hook_out(world: World) -> Result<(World, Happened), WorldError> {
    let before = world.alice().gate().to_string();
    let head = world.alice().verify_log(None).doing("Alice", "verify her audit log")?;
    let changed =
        |vault: &rusqlite::Connection| vault.execute("DELETE FROM setting WHERE name = 'gate setting'", []);
    let (world, rows) = world.with_alices_vault(changed).await?;
    let after = world.alice();
    let log_verifies = after.verify_log(Some(head)).is_ok();
    let hooks_left = after.gate().hooks.len();
    let happened = Happened {
        outcome: Outcome::ModifiedClient { rows, hooks_left, log_verifies },
        shown: vec![(Person::Alice, before), (Person::Alice, after.gate().to_string())],
        taken: None,
    };
    Ok((world, happened))
}

/// A text of several lines as one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}
