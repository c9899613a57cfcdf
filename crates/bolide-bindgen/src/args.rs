//! The arguments of a call.

use bolide_js::Value;
use bolide_js::rquickjs::{Ctx, function};

use crate::convert::IntoJs;
use crate::error::Failure;

/// What a call can be given: a tuple of up to eight values that implement [`IntoJs`], or any number of [`Value`]s.
///
/// One argument is a tuple, too: `("World",)`. Optional ones are given as `None`.
///
/// ```
/// use bolide_bindgen::{Package, Value};
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
///
/// let mut package = Package::load("pkg")?;
/// // pub fn join(parts: Vec<String>, separator: Option<String>) -> String
/// let joined: String = package.call("join", (["a", "b"], None::<&str>))?;
/// assert_eq!(joined, "a,b");
/// // What is known at run time only:
/// let given = vec![Value::from(1), Value::from(2)];
/// assert_eq!(package.call::<_, Value>("checked_add", given)?, Value::from(3));
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub trait Args {
    #[doc(hidden)]
    fn count(&self) -> usize;

    #[doc(hidden)]
    fn push<'js>(self, ctx: &Ctx<'js>, args: &mut function::Args<'js>) -> Result<(), Failure>;
}

fn push_one<'js>(
    ctx: &Ctx<'js>,
    args: &mut function::Args<'js>,
    index: usize,
    value: impl IntoJs,
) -> Result<(), Failure> {
    let converted = value.into_js(ctx);
    let value = converted
        .map_err(|error| Failure::converting(&format!("argument {}", index + 1), error))?;
    Ok(args.push_arg(value)?)
}

macro_rules! tuple {
    ($count:literal $($name:ident $index:literal)*) => {
        impl<$($name: IntoJs),*> Args for ($($name,)*) {
            fn count(&self) -> usize {
                $count
            }

            #[allow(non_snake_case, unused_variables, reason = "there may be no arguments")]
            fn push<'js>(
                self,
                ctx: &Ctx<'js>,
                args: &mut function::Args<'js>,
            ) -> Result<(), Failure> {
                let ($($name,)*) = self;
                $(push_one(ctx, args, $index, $name)?;)*
                Ok(())
            }
        }
    };
}

tuple!(0);
tuple!(1 A 0);
tuple!(2 A 0 B 1);
tuple!(3 A 0 B 1 C 2);
tuple!(4 A 0 B 1 C 2 D 3);
tuple!(5 A 0 B 1 C 2 D 3 E 4);
tuple!(6 A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(7 A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(8 A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);

impl Args for &[Value] {
    fn count(&self) -> usize {
        self.len()
    }

    fn push<'js>(self, ctx: &Ctx<'js>, args: &mut function::Args<'js>) -> Result<(), Failure> {
        for (index, value) in self.iter().enumerate() {
            push_one(ctx, args, index, value)?;
        }
        Ok(())
    }
}

impl Args for Vec<Value> {
    fn count(&self) -> usize {
        self.len()
    }

    fn push<'js>(self, ctx: &Ctx<'js>, args: &mut function::Args<'js>) -> Result<(), Failure> {
        self.as_slice().push(ctx, args)
    }
}
