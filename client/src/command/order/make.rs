//! Making an order, as an authority.

use airlock_engine::Engine;
use airlock_hooks::order::{Binds, Demand, DemandedHook, DemandedList};
use airlock_wire::AccountId;

use crate::{
    args::MakeOrder,
    command::{
        Context, hook,
        list::{today, write},
    },
    exit::Exit,
    problem::Problem,
    remedies,
};

pub(super) fn run(args: &MakeOrder, context: &Context) -> Result<Exit, Problem> {
    let package = hook::find(&args.hook, context)?;
    let engine = context.engine()?;
    let me = engine.me().map_err(|error| remedies::vault(&error))?;
    let manifest = &package.manifest;
    let there = package.list.as_ref().map(airlock_hooks::SignedList::version);
    let list = manifest.list.as_ref().map(|list| DemandedList {
        id: list.id.clone(),
        key: list.key,
        version_min: args.list_edition.or(there).unwrap_or(1),
    });
    let issued = today();
    let demand = Demand {
        id: args.id.clone(),
        version: args.edition,
        authority: me.account,
        reason: args.reason.clone(),
        issued,
        expires: issued.plus_days(args.days.into()),
        hook: DemandedHook::of(manifest),
        list,
        mode: args.mode,
        views: args.views.clone().unwrap_or_else(|| manifest.views.clone()),
        binds: binds(args, &engine, context)?,
    };
    if let Err(error) = demand.fits(&package) {
        return Err(remedies::order::cannot_demand(&error));
    }
    let order = engine.sign_order(demand).map_err(|error| remedies::order::not_signed(&error))?;
    let json = order.to_json().map_err(|error| remedies::order::cannot_demand(&error))?;
    write(&json, args.out.as_deref())?;
    if args.out.is_some() {
        super::show_order(&order, context)?;
    }
    Ok(Exit::Ok)
}

fn binds(args: &MakeOrder, engine: &Engine, context: &Context) -> Result<Binds, Problem> {
    if args.everyone {
        return Ok(Binds::Everyone);
    }
    let accounts = args.binds.iter().map(|name| match name.parse::<AccountId>() {
        Ok(account) => Ok(account),
        Err(_) => context.contact(engine, name).map(|contact| contact.account),
    });
    accounts.collect::<Result<_, _>>().map(Binds::Accounts)
}
