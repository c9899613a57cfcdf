//! The web platform: console, timers, text, URLs, events and what else scripts expect everywhere.

mod clock;
mod crypto;
mod encoding;
mod inspect;
mod stdio;
mod timers;
mod url;

use rquickjs::{Coerced, Ctx, Function, Value};

use crate::builtins::{Area, load};

pub(crate) const AREA: Area = Area {
    sources: &[
        ("web/abort", include_str!("abort.js")),
        ("web/clone", include_str!("clone.js")),
        ("web/console", include_str!("console.js")),
        ("web/crypto", include_str!("crypto.js")),
        ("web/encoding", include_str!("encoding.js")),
        ("web/events", include_str!("events.js")),
        ("web/finalization", include_str!("finalization.js")),
        ("web/format", include_str!("format.js")),
        ("web/inspect", include_str!("inspect.js")),
        ("web/inspect_kinds", include_str!("inspect_kinds.js")),
        ("web/inspect_names", include_str!("inspect_names.js")),
        ("web/inspect_text", include_str!("inspect_text.js")),
        ("web/messaging", include_str!("messaging.js")),
        ("web/performance", include_str!("performance.js")),
        ("web/stack", include_str!("stack.js")),
        ("web/symbols", include_str!("symbols.js")),
        ("web/table", include_str!("table.js")),
        ("web/timers", include_str!("timers.js")),
        ("web/url", include_str!("url.js")),
        ("web/webidl", include_str!("webidl.js")),
    ],
    globals: &[
        ("console", "web/console"),
        ("setTimeout", "web/timers"),
        ("setInterval", "web/timers"),
        ("setImmediate", "web/timers"),
        ("clearTimeout", "web/timers"),
        ("clearInterval", "web/timers"),
        ("clearImmediate", "web/timers"),
        ("performance", "web/performance"),
        ("Performance", "web/performance"),
        ("PerformanceEntry", "web/performance"),
        ("PerformanceMark", "web/performance"),
        ("PerformanceMeasure", "web/performance"),
        ("TextEncoder", "web/encoding"),
        ("TextDecoder", "web/encoding"),
        ("TextEncoderStream", "web/encoding"),
        ("TextDecoderStream", "web/encoding"),
        ("Event", "web/events"),
        ("EventTarget", "web/events"),
        ("CustomEvent", "web/events"),
        ("ErrorEvent", "web/events"),
        ("MessageEvent", "web/events"),
        ("CloseEvent", "web/events"),
        ("ProgressEvent", "web/events"),
        ("PromiseRejectionEvent", "web/events"),
        ("addEventListener", "web/events"),
        ("removeEventListener", "web/events"),
        ("dispatchEvent", "web/events"),
        ("reportError", "web/events"),
        ("AbortController", "web/abort"),
        ("AbortSignal", "web/abort"),
        ("URL", "web/url"),
        ("URLSearchParams", "web/url"),
        ("structuredClone", "web/clone"),
        ("crypto", "web/crypto"),
        ("Crypto", "web/crypto"),
        ("SubtleCrypto", "web/crypto"),
        ("MessageChannel", "web/messaging"),
        ("MessagePort", "web/messaging"),
    ],
    natives: &[
        ("clock", clock::fill),
        ("encoding", encoding::fill),
        ("inspect", inspect::fill),
        ("loop", timers::fill),
        ("stdio", stdio::fill),
        ("url", url::fill),
        ("webcrypto", crypto::fill),
    ],
    modules: &[],
};

/// Prepares what scripts see without naming it.
pub(crate) fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    load(ctx, "web/stack")?;
    load(ctx, "web/finalization")?;
    Ok(())
}

/// What a console prints of a value that was thrown: text as it is, anything else as the inspector shows it. Never
/// throws, whatever the getters of the value do.
pub(crate) fn report<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    if let Some(text) = value.as_string() {
        return crate::buffer::lossy_text(text).unwrap_or_default();
    }
    let inspected = load(ctx, "web/inspect")
        .and_then(|exports| exports.get::<_, Function<'js>>("inspect"))
        .and_then(|inspect| inspect.call::<_, rquickjs::String<'js>>((value.clone(),)))
        .and_then(|text| crate::buffer::lossy_text(&text));
    if let Ok(text) = inspected {
        return text;
    }
    ctx.catch();
    let text = value.get::<Coerced<String>>();
    text.map_or_else(
        |_| {
            ctx.catch();
            "an error that cannot be shown, for looking at it throws another".to_owned()
        },
        |text| text.0,
    )
}
