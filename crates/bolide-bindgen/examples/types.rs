//! A package of wasm-bindgen in a Rust program: text, bytes, objects, closures, promises, data and errors cross as Rust values.
//!
//! bolide build examples/types && cargo run -p bolide-bindgen --example types

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use bolide_bindgen::{Closure, ErrorKind, Exception, Object, Package, Serde, TypedFunction};
use serde::{Deserialize, Serialize};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn values(package: &mut Package, out: &mut impl Write) -> Result {
    let greeting: String = package.call("greet", ("wörld",))?;
    let bytes: Vec<u8> = package.call("encode", ("é",))?;
    let checksum: u16 = package.call("checksum", (b"abcde",))?;
    writeln!(out, "{greeting} {bytes:?} {checksum}")?;

    // `BigInt`s are integers of 64 bits and more; what is `undefined` is `None`.
    let factorial = package.function::<(u64,), Option<u64>>("factorial")?;
    for n in [20, 21] {
        writeln!(out, "{n}! = {:?}", factorial.call(package, (n,))?)?;
    }

    // A function that changes the caller's array changes this one.
    let numbers = Object::new(package, [3, -1, 2])?;
    package.call::<_, ()>("sort", (&numbers,))?;
    writeln!(out, "sorted: {:?}", numbers.to::<Vec<i32>>(package)?)?;
    Ok(())
}

fn classes(package: &mut Package, out: &mut impl Write) -> Result {
    let song = package.construct("Song", ("Ouverture", 300))?;
    song.set(package, "title", "  Overture ")?;
    let list = package.construct("Playlist", ())?;
    list.call::<_, ()>(package, "add", (&song,))?;
    let longest: Option<Object> = list.call(package, "longest", ())?;
    if let Some(longest) = longest {
        let title: String = longest.get(package, "title")?;
        let seconds: u32 = longest.get(package, "seconds")?;
        writeln!(out, "{title}: {seconds} s")?;
    }
    // Objects are freed when they are dropped, and at once by `free`.
    list.free(package)?;
    let alive: u32 = package.call("Playlist.countAlive", ())?;
    writeln!(out, "{alive} playlists")?;
    Ok(())
}

fn closures(package: &mut Package, out: &mut impl Write) -> Result {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let listener = heard.clone();
    let listener = Closure::new(move |ring: u32| listener.borrow_mut().push(ring));
    let bell = package.construct("Bell", ())?;
    bell.call::<_, ()>(package, "onRing", (&listener,))?;
    bell.call::<_, u32>(package, "ring", (3,))?;
    writeln!(out, "heard {:?}", heard.borrow())?;

    // A closure of the package is a function.
    let next: TypedFunction<(), u32> = package.call("counter", (5,))?;
    let counts = [next.call(package, ())?, next.call(package, ())?];
    writeln!(out, "counted {counts:?}")?;
    Ok(())
}

fn promises(package: &mut Package, out: &mut impl Write) -> Result {
    // Runs on a thread of its own: JavaScript gets a promise.
    let load = Closure::background(|name: String| match name.as_str() {
        "b" => Err(Exception::new("Error", "it is empty")),
        name => Ok(format!("<{name}>")),
    });
    let texts: Vec<String> = package.call("loadAll", (["a", "b"], &load))?;
    writeln!(out, "{texts:?}")?;

    // Several calls at once.
    let calls = [30, 10].map(|ms| package.start::<_, ()>("sleep", (ms,)));
    for call in calls {
        package.wait(call?)?;
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipe {
    title: String,
    servings: u32,
    ingredients: Vec<Ingredient>,
}

#[derive(Serialize, Deserialize)]
struct Ingredient {
    name: String,
    amount: Amount,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Amount {
    Grams { grams: f64 },
    Pieces { count: f64 },
    ToTaste,
}

fn data(package: &mut Package, out: &mut impl Write) -> Result {
    let ingredient = |name: &str, amount| Ingredient {
        name: name.to_owned(),
        amount,
    };
    let recipe = Recipe {
        title: "Pancakes".to_owned(),
        servings: 2,
        ingredients: vec![
            ingredient("flour", Amount::Grams { grams: 125.0 }),
            ingredient("egg", Amount::Pieces { count: 1.0 }),
            ingredient("salt", Amount::ToTaste),
        ],
    };
    let Serde(scaled): Serde<Recipe> = package.call("scale", (Serde(&recipe), 6))?;
    write!(out, "{} for {}:", scaled.title, scaled.servings)?;
    for Ingredient { name, amount } in scaled.ingredients {
        match amount {
            Amount::Grams { grams } => write!(out, " {grams} g of {name},")?,
            Amount::Pieces { count } => write!(out, " {count} {name},")?,
            Amount::ToTaste => writeln!(out, " {name} to taste")?,
        }
    }
    Ok(())
}

fn errors(package: &mut Package, out: &mut impl Write) -> Result {
    // What returns `Err` there returns `Err` here.
    let error = package.call::<_, i32>("parseNumber", ("4x",)).unwrap_err();
    writeln!(out, "{error}")?;
    // What was thrown may be an object with more to tell.
    let error = package.call::<_, u32>("withdraw", (10, 15)).unwrap_err();
    let overdrawn: Object = error.payload(package)?;
    writeln!(out, "{} missing", overdrawn.get::<u32>(package, "missing")?)?;
    let error = package.call::<_, ()>("gret", ("you",)).unwrap_err();
    writeln!(out, "{error}")?;
    // A panic is a trap.
    let error = package.call::<_, u8>("element", (b"abc", 3)).unwrap_err();
    writeln!(out, "trapped: {}", error.kind() == ErrorKind::Trap)?;
    Ok(())
}

/// Uses what the package exports, and writes what comes of it.
pub(crate) fn drive(package: &mut Package, out: &mut impl Write) -> Result {
    values(package, out)?;
    classes(package, out)?;
    closures(package, out)?;
    promises(package, out)?;
    data(package, out)?;
    errors(package, out)
}

#[allow(dead_code, reason = "a test drives packages for other targets")]
fn main() -> Result {
    let mut package = Package::load("examples/types/pkg")?;
    drive(&mut package, &mut io::stdout())
}
