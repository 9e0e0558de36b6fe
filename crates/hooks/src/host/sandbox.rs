//! One check of one message in a fresh instance, and what stops it.

use airlock_protocol::gate::Failure;
use wasmtime::{Config, Engine, OptLevel, ResourceLimiter, Store, Trap};

use super::{
    bindings::{HookPre, Parameter, Verdict as GuestVerdict, Views},
    deadline::{Ticker, ticks},
};
use crate::limits::{GROWTH_BYTES, INSTANCES_MAX, Limits, STACK_BYTES, TABLE_ELEMENTS_MAX};

/// What every hook of one host shares: the compiler's settings and the deadline's thread.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    pub(super) ticker: Ticker,
}

/// What a guest is called with.
pub(super) struct Input<'a> {
    pub(super) views: Views<'a>,
    pub(super) entries: &'a [u8],
    pub(super) parameters: &'a [Parameter<'a>],
}

/// How a guest's instance came to an answer, or did not.
pub(super) struct Run {
    pub(super) answer: Result<GuestVerdict, Failure>,
    pub(super) fuel: u64,
    pub(super) memory_bytes: u64,
}

/// Settings under which a component gives the same answer and uses the same fuel on every machine. What they take of
/// WebAssembly stands in [`crate::component`] as well, for those who look at a component without an engine.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_component_model(true)
        .max_wasm_stack(STACK_BYTES)
        // An instance lives for one message, and most of its cost was the kernel's: reserving gigabytes of address
        // space, faulting pages in, taking them away. Memory from the allocator needs no system call, at the price
        // of a bounds check with each access; and no handler for the signals of the whole process is installed.
        .signals_based_traps(false)
        .memory_init_cow(false)
        .memory_reservation(0)
        .memory_guard_size(0)
        .memory_reservation_for_growth(GROWTH_BYTES)
        // A backtrace names functions of the guest's choosing, and costs time.
        .wasm_backtrace_max_frames(None);
    config
}

impl Sandbox {
    /// Instantiates, calls once, and throws the instance away.
    pub(super) fn run(&self, hook: &HookPre<Bounds>, limits: &Limits, input: Input<'_>) -> Run {
        self.within(limits, ticks(limits.fuel), |store| {
            let instance = hook.instantiate(&mut *store)?;
            instance.airlock_hook_gate().call_check(store, input.views, input.entries, input.parameters)
        })
    }

    /// Instantiates without calling, to find at load what would fail with every message.
    pub(super) fn try_instance(
        &self,
        hook: &HookPre<Bounds>,
        limits: &Limits,
    ) -> Result<(), wasmtime::Error> {
        let mut store = self.store(limits, ticks(limits.fuel))?;
        let _running = self.ticker.running();
        hook.instantiate(&mut store).map(|_| ())
    }

    fn within(
        &self,
        limits: &Limits,
        deadline_ticks: u64,
        call: impl FnOnce(&mut Store<Bounds>) -> wasmtime::Result<GuestVerdict>,
    ) -> Run {
        let mut store = match self.store(limits, deadline_ticks) {
            Ok(store) => store,
            Err(error) => return Run { answer: Err(failure(&error)), fuel: 0, memory_bytes: 0 },
        };
        let answer = {
            let _running = self.ticker.running();
            call(&mut store)
        };
        // A store that counts fuel always tells it; one that did not would have used all.
        let left = store.get_fuel().unwrap_or(0);
        Run {
            answer: answer.map_err(|error| failure(&error)),
            fuel: limits.fuel.saturating_sub(left),
            memory_bytes: store.data().memory_bytes,
        }
    }

    fn store(&self, limits: &Limits, deadline_ticks: u64) -> Result<Store<Bounds>, wasmtime::Error> {
        let mut store =
            Store::new(&self.engine, Bounds { memory_bytes_max: limits.memory_bytes, memory_bytes: 0 });
        store.limiter(|bounds| bounds);
        store.set_fuel(limits.fuel)?;
        store.set_epoch_deadline(deadline_ticks);
        Ok(store)
    }
}

/// Bounds what one instance may allocate. Growing beyond is an error that stops the guest, not a result that it
/// could answer.
pub(crate) struct Bounds {
    memory_bytes_max: u64,
    /// What it has: memory never shrinks.
    memory_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the instance asks for more memory than its limit")]
struct OverBounds;

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.memory_bytes_max {
            return Err(OverBounds.into());
        }
        self.memory_bytes = self.memory_bytes.max(desired as u64);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX { Err(OverBounds.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        INSTANCES_MAX
    }

    // Each memory has its own bound, and one is all that a guest needs.
    fn memories(&self) -> usize {
        1
    }
}

/// Sorts an error of the runtime into the classes that the audit log keeps apart.
pub(super) fn failure(error: &wasmtime::Error) -> Failure {
    if error.is::<OverBounds>() {
        return Failure::Memory;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::Fuel,
        Some(Trap::Interrupt) => Failure::Deadline,
        Some(trap) => Failure::Trap(trap.to_string().trim_start_matches("wasm trap: ").into()),
        // Not stopped, but what it handed over is not of the contract's types: text that is not UTF-8, a list
        // outside its memory, a case that does not exist.
        None => Failure::Garbage(error.root_cause().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Instance, Module, component::Component};

    use super::*;
    use crate::component::valid;

    #[test]
    fn a_component_that_the_engine_does_not_take_is_not_called_valid() {
        let engine = Engine::new(&config()).unwrap();
        for (body, taken) in [
            ("(core module (memory 1))", true),
            ("(core module (memory 1) (memory 1))", true),
            ("(core module (func (result v128) (v128.const i32x4 0 0 0 0)))", true),
            ("(core module (func $again (return_call $again)))", true),
            ("(core module (memory i64 1))", false),
            ("(core module (memory 1 2 shared))", false),
            ("(core module (tag))", false),
            ("(core module (type (struct)))", false),
            (
                "(core module (func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0))))",
                false,
            ),
            ("(type (future u32))", false),
        ] {
            let component = wat::parse_str(format!("(component {body})")).unwrap();
            assert_eq!(Component::new(&engine, &component).is_ok(), taken, "{body}");
            assert_eq!(valid(&component).is_ok(), taken, "{body}");
        }
    }

    /// No manifest can ask for so much fuel: it takes that for the clock to come first.
    #[test]
    fn the_clock_stops_what_fuel_would_not() {
        let engine = Engine::new(&config()).unwrap();
        let sandbox = Sandbox { engine: engine.clone(), ticker: Ticker::default() };
        sandbox.ticker.start(&engine).unwrap();
        let wasm = wat::parse_str("(module (func (export \"spin\") (loop (br 0))))").unwrap();
        let module = Module::from_binary(&engine, &wasm).unwrap();
        let limits = Limits { fuel: u64::MAX, ..crate::limits::TEXT_LIMITS_MAX };
        let run = sandbox.within(&limits, 1, |store| {
            let instance = Instance::new(&mut *store, &module, &[])?;
            instance.get_typed_func::<(), ()>(&mut *store, "spin")?.call(store, ())?;
            Ok(GuestVerdict::Pass)
        });
        assert_eq!(run.answer.err(), Some(Failure::Deadline));
    }
}
