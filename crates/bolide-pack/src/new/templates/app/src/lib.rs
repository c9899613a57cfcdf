//! A page in Rust: stars circle the pointer.

mod orbit;

use std::cell::RefCell;
use std::f64::consts::TAU;
use std::rc::Rc;

use orbit::Orbit;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::prelude::*;
use web_sys::{
    CanvasRenderingContext2d, Document, Element, EventTarget, HtmlCanvasElement, HtmlElement,
    HtmlInputElement, PointerEvent, Window,
};

/// The longest time that passes between two pictures, in seconds: a page in the background is not drawn.
const LONGEST_STEP: f64 = 0.1;

/// Brings the page to life. `index.html` calls it when the module is ready.
#[wasm_bindgen]
pub fn run() -> Result<(), JsError> {
    let window = web_sys::window().ok_or_else(|| JsError::new("this runs in a page only"))?;
    let document = window
        .document()
        .ok_or_else(|| JsError::new("the window has no document"))?;
    let canvas: HtmlCanvasElement = element(&document, "sky")?;
    let slider: HtmlInputElement = element(&document, "count")?;
    let label: HtmlElement = element(&document, "count-label")?;
    let context = (canvas.get_context("2d").ok().flatten())
        .and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok())
        .ok_or_else(|| JsError::new("the canvas cannot be drawn on"))?;

    let count = slider.value_as_number() as u32;
    label.set_text_content(Some(&count.to_string()));
    let (width, height) = (canvas.client_width(), canvas.client_height());
    let orbit = Orbit::new(count, (f64::from(width) / 2.0, f64::from(height) / 2.0));
    let orbit = Rc::new(RefCell::new(orbit));

    let followed = orbit.clone();
    listen(&canvas, "pointermove", move |event: PointerEvent| {
        let goal = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        followed.borrow_mut().follow(goal);
    })?;

    let counted = orbit.clone();
    let input = slider.clone();
    listen(&slider, "input", move |_: JsValue| {
        let count = input.value_as_number() as u32;
        counted.borrow_mut().set_count(count);
        label.set_text_content(Some(&count.to_string()));
    })?;

    let mut last = None;
    let page = window.clone();
    animate(window, move |now| {
        let seconds = (now - last.replace(now).unwrap_or(now)) / 1000.0;
        orbit.borrow_mut().advance(seconds.min(LONGEST_STEP));
        draw(
            &canvas,
            &context,
            &text_color(&page, &canvas),
            page.device_pixel_ratio(),
            &orbit.borrow(),
        );
    })
}

/// Draws the stars.
fn draw(
    canvas: &HtmlCanvasElement,
    context: &CanvasRenderingContext2d,
    color: &str,
    ratio: f64,
    orbit: &Orbit,
) {
    let (width, height) = (
        f64::from(canvas.client_width()),
        f64::from(canvas.client_height()),
    );
    canvas.set_width((width * ratio) as u32);
    canvas.set_height((height * ratio) as u32);
    // To set the size has cleared the canvas and its scale.
    let _ = context.scale(ratio, ratio);
    context.set_fill_style_str(color);
    for star in orbit.stars(width.min(height) * 0.4) {
        context.begin_path();
        let _ = context.arc(star.x, star.y, star.radius, 0.0, TAU);
        context.fill();
    }
}

/// The colour that `style.css` gives to the text of the element, by day or by night.
fn text_color(window: &Window, element: &Element) -> String {
    let style = window.get_computed_style(element).ok().flatten();
    style
        .and_then(|style| style.get_property_value("color").ok())
        .unwrap_or_default()
}

/// The element of the page with this id.
fn element<T: JsCast>(document: &Document, id: &str) -> Result<T, JsError> {
    let element = document.get_element_by_id(id);
    let element = element.ok_or_else(|| JsError::new(&format!("the page has no element #{id}")))?;
    let wrong = |_| JsError::new(&format!("#{id} is an element of another kind"));
    element.dyn_into().map_err(wrong)
}

/// Calls `handler` for each event of this type, as long as the page lives.
fn listen<E: FromWasmAbi + 'static>(
    target: &EventTarget,
    event: &str,
    handler: impl FnMut(E) + 'static,
) -> Result<(), JsError> {
    let handler = Closure::<dyn FnMut(E)>::new(handler);
    let added = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
    handler.forget();
    added.map_err(|_| JsError::new(&format!("cannot listen to {event}")))
}

/// Calls `frame` with the time in milliseconds, before each picture that the browser shows.
fn animate(window: Window, mut frame: impl FnMut(f64) + 'static) -> Result<(), JsError> {
    let callback: Rc<RefCell<Option<Closure<dyn FnMut(f64)>>>> = Rc::default();
    let next = callback.clone();
    let request = move || -> Result<(), JsError> {
        let callback = next.borrow();
        let callback = callback
            .as_ref()
            .expect("it is set before the first request");
        let requested = window.request_animation_frame(callback.as_ref().unchecked_ref());
        requested
            .map(|_| ())
            .map_err(|_| JsError::new("the browser shows no animation"))
    };
    let again = request.clone();
    *callback.borrow_mut() = Some(Closure::new(move |now| {
        frame(now);
        // Without a next picture there is nothing to do any more.
        let _ = again();
    }));
    request()
}
