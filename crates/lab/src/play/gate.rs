//! How Alice's gate comes to stand as a setting says, and what she is shown of that.

use std::{fs, path::Path};

use airlock_engine::{Consent, EnableError, OrderRefused};
use airlock_hooks::{
    Package, SignedOrder, View,
    list::Day,
    order::{Binds, Demand, DemandedHook, DemandedList},
};
use airlock_protocol::gate::Mode;

use crate::{
    error::{Doing, WorldError},
    list_change::ListChange,
    person::Person,
    record::Happened,
    scenario::Conversation,
    setting::{Hostile, Setting},
    world::World,
};

/// A hook of the gallery that says it blocks rude words and blocks by another rule.
const HIDDEN_RULE_MANIFEST: &[u8] = include_bytes!("../../../hooks/gallery/hidden-rule/hook.toml");
const HIDDEN_RULE: &[u8] = include_bytes!("../../../hooks/gallery/hidden-rule/hook.wasm");

/// Days of an order that a setting brings.
const ORDER_DAYS: u64 = 14;

/// Sets Alice's gate. Gives what she was shown where somebody did something to it.
pub(super) async fn set(
    world: &World,
    conversation: &Conversation,
    setting: Setting,
    folder: &Path,
) -> Result<Vec<Happened>, WorldError> {
    if setting.mode() == Mode::Off || conversation.is_ordered() {
        return Ok(Vec::new());
    }
    let package = package(conversation, setting, folder)?;
    if setting.hostile() == Some(Hostile::SecretOrder) {
        return Ok(vec![secret_order(world, package, setting).await?]);
    }
    enable(world, Person::Alice, package, setting.mode()).await?;
    Ok(match setting.hostile() {
        Some(Hostile::PoisonedList) => {
            vec![grown(world, conversation, setting, folder, &conversation.poison, "poisoned-list").await?]
        }
        Some(Hostile::HiddenSecondList) => vec![hide_second_list(world, setting).await?],
        _ => Vec::new(),
    })
}

/// The hook of a scenario as a setting wants it.
pub(super) fn package(
    conversation: &Conversation,
    setting: Setting,
    folder: &Path,
) -> Result<Package, WorldError> {
    let made = |why: String| WorldError::Made { what: "the scenario's hook", why };
    let package =
        Package::reference(&conversation.hook).ok_or_else(|| made("it is no reference hook".into()))?;
    let package = if conversation.list.is_empty() {
        package
    } else {
        let version = package.list.as_ref().map_or(0, |list| list.version());
        conversation.list.applied(&package, version).map_err(made)?
    };
    with_threshold(package, setting.threshold(), folder)
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

/// A new edition of the list comes to Alice's client: what she is shown before she agrees, and that she agrees.
pub(super) async fn grown(
    world: &World,
    conversation: &Conversation,
    setting: Setting,
    folder: &Path,
    change: &ListChange,
    id: &str,
) -> Result<Happened, WorldError> {
    let before = package(conversation, setting, folder)?;
    let made = |why: String| WorldError::Made { what: "another edition of the list", why };
    let version = before.list.as_ref().map_or(0, |list| list.version()) + 1;
    let next = change.applied(&before, version).map_err(made)?;
    let alice = world.alice();
    let shown = match alice.update_hook(next.clone(), Consent::default()).await {
        Err(EnableError::Wider(difference)) => {
            let text = difference.to_string();
            alice.update_hook(next, Consent::WIDER).await.doing("Alice", "agree to the list")?;
            text
        }
        Ok(_) => "nothing: it came without a question".into(),
        Err(error) => return Err(error).doing("Alice", "update the hook"),
    };
    Ok(Happened {
        id: id.into(),
        what: format!("a new edition of the list comes: {change}"),
        shown: vec![(Person::Alice, one_line(&shown)), (Person::Alice, alice.gate().to_string())],
        counted: Vec::new(),
        taken: None,
    })
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
        views: views(package),
        binds: Binds::Accounts(vec![world.account(Person::Alice)]),
    };
    world.authority().sign_order(demand).doing("Authority", "sign an order")
}

fn views(package: &Package) -> Vec<View> {
    package.manifest.views.clone()
}

/// An order comes to Alice's client while nobody tells her: first as the client is, which wants her consent, and then
/// with a client that agrees in her place.
async fn secret_order(world: &World, package: Package, setting: Setting) -> Result<Happened, WorldError> {
    let order = order(world, &package, setting.mode(), ORDER_DAYS)?;
    let alice = world.alice();
    let silent = alice.install_order(&order, package.clone(), Consent::default()).await;
    let refused = match silent {
        Err(why @ OrderRefused::NotAccepted) => format!("the order is not installed: {why}"),
        Err(error) => return Err(error).doing("Alice", "install the order"),
        Ok(_) => "the order is installed without a question".into(),
    };
    let took = refused.starts_with("the order is installed");
    let installed = alice.install_order(&order, package, Consent::WIDER).await;
    let status = installed.doing("Alice", "install the order")?;
    Ok(Happened {
        id: Hostile::SecretOrder.name().into(),
        what: Setting::says(Hostile::SecretOrder).into(),
        shown: vec![(Person::Alice, refused), (Person::Alice, status.to_string())],
        counted: vec![("orders that took force without a question".into(), u64::from(took))],
        taken: None,
    })
}

/// A second hook, which looks for something that it does not say.
async fn hide_second_list(world: &World, setting: Setting) -> Result<Happened, WorldError> {
    let made = |why: String| WorldError::Made { what: "the hook with a hidden rule", why };
    let package = Package::new(HIDDEN_RULE_MANIFEST, HIDDEN_RULE.to_vec(), None);
    let package = package.map_err(|error| made(error.to_string()))?;
    let purpose = package.manifest.purpose.clone();
    enable(world, Person::Alice, package, setting.mode()).await?;
    Ok(Happened {
        id: Hostile::HiddenSecondList.name().into(),
        what: Setting::says(Hostile::HiddenSecondList).into(),
        shown: vec![(Person::Alice, purpose), (Person::Alice, world.alice().gate().to_string())],
        counted: Vec::new(),
        taken: None,
    })
}

/// Alice closes her client, takes the hook out of her own vault with the key that lies beside it, and opens it again.
pub(super) async fn take_hook_out(world: World) -> Result<(World, Happened), WorldError> {
    let shown = world.alice().gate().to_string();
    let head = world.alice().verify_log(None).is_ok();
    let changed =
        |vault: &rusqlite::Connection| vault.execute("DELETE FROM setting WHERE name = 'gate setting'", []);
    let (world, rows) = world.with_closed_vault(Person::Alice, changed).await?;
    let after = world.alice();
    let noticed = !after.verify_log(None).is_ok_and(|_| head);
    let happened = Happened {
        id: Hostile::ModifiedClient.name().into(),
        what: Setting::says(Hostile::ModifiedClient).into(),
        shown: vec![
            (Person::Alice, format!("before: {shown}")),
            (Person::Alice, format!("after: {}", after.gate())),
        ],
        counted: vec![
            ("rows of her vault that she took out".into(), rows as u64),
            ("checks of her audit log that notice it".into(), u64::from(noticed)),
            ("hooks left in her gate".into(), after.gate().hooks.len() as u64),
        ],
        taken: None,
    };
    Ok((world, happened))
}

/// A text of several lines as one.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}
