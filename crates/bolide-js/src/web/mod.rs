//! The web platform: console, timers, text, URLs, events and what else scripts expect everywhere.

mod stdio;

use rquickjs::{Coerced, Ctx, Value};

use crate::builtins::Area;

pub(crate) const AREA: Area = Area {
    sources: &[("web/console", include_str!("console.js"))],
    globals: &[("console", "web/console")],
    natives: &[("stdio", stdio::fill)],
    modules: &[],
};

/// What a console prints of a value that was thrown.
pub(crate) fn report<'js>(_ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    let text = value.get::<Coerced<String>>();
    text.map_or_else(|_| "an error without text".to_owned(), |text| text.0)
}
