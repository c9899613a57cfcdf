//! Colours: parse them, mix them, and measure their contrast.

use wasm_bindgen::prelude::*;

/// A colour of the web, without transparency.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red, from 0 to 255.
    pub red: u8,
    /// Green, from 0 to 255.
    pub green: u8,
    /// Blue, from 0 to 255.
    pub blue: u8,
}

#[wasm_bindgen]
impl Color {
    /// A colour from its three parts, each from 0 to 255.
    #[wasm_bindgen(constructor)]
    pub fn new(red: u8, green: u8, blue: u8) -> Color {
        Color { red, green, blue }
    }

    /// Reads a colour such as `#ff8000`.
    ///
    /// Throws an `Error` if the text is none.
    pub fn parse(text: &str) -> Result<Color, JsError> {
        parse_hex(text)
            .ok_or_else(|| JsError::new(&format!("{text:?} is not a colour: write it as #rrggbb")))
    }

    /// The colour that is `amount` of the way from this one to `other`: 0 is this one, 1 is the other.
    pub fn mix(&self, other: &Color, amount: f64) -> Color {
        let amount = amount.clamp(0.0, 1.0);
        let mix =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * amount).round() as u8;
        Color::new(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }

    /// The colour as text, such as `#ff8000`.
    #[wasm_bindgen(js_name = toString)]
    pub fn to_hex(&self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Its relative luminance as WCAG 2 defines it, from 0 for black to 1 for white.
    #[wasm_bindgen(getter)]
    pub fn luminance(&self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// How well text of one colour can be read on the other, as WCAG 2 defines it: from 1 (not at all) to 21.
#[wasm_bindgen]
pub fn contrast(a: &Color, b: &Color) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn parse_hex(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some(Color::new(red, green, blue))
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::*;

    use super::*;

    #[wasm_bindgen_test]
    fn text_and_colours() {
        let orange = Color::new(255, 128, 0);
        assert_eq!(orange.to_hex(), "#ff8000");
        assert!(Color::parse("#ff8000").is_ok_and(|color| color == orange));
    }

    #[wasm_bindgen_test]
    fn what_is_no_colour() {
        for text in ["", "ff8000", "#ff80", "#ff800g", "#+f8000", "#ff8000 "] {
            assert!(Color::parse(text).is_err(), "{text:?}");
        }
    }

    #[wasm_bindgen_test]
    fn mixtures() {
        let (black, white) = (Color::new(0, 0, 0), Color::new(255, 255, 255));
        assert_eq!(black.mix(&white, 0.5).to_hex(), "#808080");
        assert_eq!(black.mix(&white, 2.0), white);
    }

    #[wasm_bindgen_test]
    fn contrast_has_the_range_of_the_standard() {
        let (black, white) = (Color::new(0, 0, 0), Color::new(255, 255, 255));
        assert_eq!(contrast(&black, &black), 1.0);
        assert!((contrast(&black, &white) - 21.0).abs() < 1e-9);
    }
}
