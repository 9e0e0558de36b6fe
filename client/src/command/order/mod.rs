//! `airlock order`: make, show, check and install the orders of authorities.

mod install;
mod make;

use std::{fs::File, io::Read as _, path::Path};

use airlock_hooks::{Package, SignedOrder, limits::ORDER_FILE_BYTES_MAX};
use serde_json::{Value, json};

use super::{Context, hook};
use crate::{
    args::{Order, OrderCommand},
    exit::Exit,
    printable::printable,
    problem::Problem,
    remedies,
};

pub(crate) async fn run(args: &Order, context: &Context) -> Result<Exit, Problem> {
    match &args.command {
        OrderCommand::Make(args) => make::run(args, context),
        OrderCommand::Show { file } => show(file, context),
        OrderCommand::Verify { file, hook } => verify(file, hook.as_deref(), context),
        OrderCommand::Install { file, hook, consent } => {
            install::run(file, hook.as_deref(), consent, context).await
        }
    }
}

fn show(file: &Path, context: &Context) -> Result<Exit, Problem> {
    let order = read(file)?;
    show_order(&order, context)?;
    let signed = order.authenticate();
    match &signed {
        Ok(()) => context.output.note("It is signed by the authority that it names."),
        Err(error) => context.output.note(&format!("It changes nothing: {error}.")),
    }
    Ok(Exit::Ok)
}

/// All of an order.
fn show_order(order: &SignedOrder, context: &Context) -> Result<(), Problem> {
    context
        .output
        .result("order", &order_json(order), || printable(order.demand().to_string().trim_end()).into_owned())
}

fn order_json(order: &SignedOrder) -> Value {
    let demand = order.demand();
    json!({
        "id": demand.id,
        "version": demand.version,
        "authority": demand.authority.to_string(),
        "reason": demand.reason,
        "issued": demand.issued,
        "expires": demand.expires,
        "hook": json!({
            "id": demand.hook.id,
            "component": demand.hook.component,
            "manifest": demand.hook.manifest,
        }),
        "list": demand.list.as_ref().map(|list| json!({
            "id": list.id,
            "key": list.key.to_string(),
            "version_min": list.version_min,
        })),
        "mode": demand.mode.name(),
        "views": demand.views,
        "accounts": match &demand.binds {
            airlock_hooks::order::Binds::Everyone => Value::Null,
            airlock_hooks::order::Binds::Accounts(accounts) => {
                accounts.iter().map(ToString::to_string).collect()
            }
        },
        "digest": order.digest(),
        "signed": order.authenticate().is_ok(),
    })
}

fn verify(file: &Path, hook: Option<&str>, context: &Context) -> Result<Exit, Problem> {
    let order = read(file)?;
    let package = package(&order, hook, context)?;
    let engine = context.engine()?;
    let verified = engine.verify_order(&order).map_err(|error| remedies::order::refused(file, &error))?;
    verified.fits(&package).map_err(|error| remedies::order::out_of_scope(file, &error))?;
    let demand = verified.demand();
    let record = json!({
        "id": demand.id,
        "version": demand.version,
        "digest": verified.digest(),
        "authority": demand.authority.to_string(),
        "expires": demand.expires,
    });
    context.output.result("verified-order", &record, || {
        format!(
            "{} version {} is signed by {}, binds you, is about {} as it is here, and lasts until {}",
            demand.id, demand.version, demand.authority, demand.hook.id, demand.expires
        )
    })?;
    Ok(Exit::Ok)
}

/// The hook that the order is compared with: the one that was named, or the one with the order's id, as it is installed
/// before as it comes with Airlock.
fn package(order: &SignedOrder, hook: Option<&str>, context: &Context) -> Result<Package, Problem> {
    let id = &order.demand().hook.id;
    if hook.is_none() {
        let installed = context.engine()?.installed_hooks().map_err(|error| remedies::enable(&error))?;
        if let Some(found) = installed.into_iter().find(|found| found.package.manifest.id == *id) {
            return Ok(found.package);
        }
    }
    hook::find(hook.unwrap_or(id), context)
}

fn read(path: &Path) -> Result<SignedOrder, Problem> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(ORDER_FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| remedies::list::unreadable(path, &error))?;
    SignedOrder::parse(&bytes).map_err(|error| remedies::order::format(path, &error))
}
