//! Panics of libraries, as errors.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

/// What bigger stacks than a default one are for: the libraries recurse along the structure of a module.
const STACK: usize = 64 << 20;

thread_local! {
    static CATCHES: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Whether a panic is turned into an [`Error`](crate::Error), which is shown to the user in time.
///
/// A panic hook that prints, or that ends the process, asks this first, on the thread that panics.
pub fn is_caught(panic: &PanicHookInfo<'_>) -> bool {
    let caught = CATCHES.get();
    if caught {
        let place = panic.location().map(ToString::to_string);
        PLACE.with(|last| last.replace(place));
    }
    caught
}

/// Runs `work`, on threads of its own, and returns what it panics with as an error.
pub(crate) fn catch<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let pool = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .start_handler(|_| CATCHES.set(true))
        .build()
        .map_err(|error| error.to_string())?;
    pool.install(|| {
        catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
            let text = text(payload.as_ref());
            match PLACE.take() {
                Some(place) => format!("{text} ({place})"),
                None => text.to_owned(),
            }
        })
    })
}

fn text(payload: &(dyn Any + Send)) -> &str {
    (payload.downcast_ref::<&str>().copied())
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_what_it_said() {
        assert_eq!(catch(|| 7), Ok(7));
        let error = catch(|| -> () { panic!("no {}", "way") }).unwrap_err();
        assert!(error.starts_with("no way"), "{error}");
        let inner = catch(|| rayon::join(|| (), || panic!("inside"))).unwrap_err();
        assert!(inner.starts_with("inside"), "{inner}");
    }
}
