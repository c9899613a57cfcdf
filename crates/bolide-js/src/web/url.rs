//! URLs and forms, through the crate `url`.

use rquickjs::{Ctx, Function, Object};
use url::{Url, form_urlencoded, quirks};

/// `parse(input, base)`, `update(href, member, value)`, `parseForm(text)`, `serializeForm(parts)`,
/// `domainToASCII(domain)` and `domainToUnicode(domain)`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("parse", Function::new(ctx.clone(), parse)?)?;
    object.set("update", Function::new(ctx.clone(), update)?)?;
    object.set("parseForm", Function::new(ctx.clone(), parse_form)?)?;
    object.set("serializeForm", Function::new(ctx.clone(), serialize_form)?)?;
    let to_ascii = |domain: String| quirks::domain_to_ascii(&domain);
    let to_unicode = |domain: String| quirks::domain_to_unicode(&domain);
    object.set("domainToASCII", Function::new(ctx.clone(), to_ascii)?)?;
    object.set("domainToUnicode", Function::new(ctx.clone(), to_unicode)?)?;
    Ok(())
}

/// The members of a URL, in the order that the class in JavaScript knows: href, origin, protocol, username,
/// password, host, hostname, port, pathname, search, hash.
fn members(url: &Url) -> Vec<String> {
    let texts = [
        quirks::href(url),
        &quirks::origin(url),
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    texts.map(str::to_owned).into()
}

/// The members of the URL that `input` is, relative to `base` if it is given; `undefined` if it is none.
fn parse(input: String, base: Option<String>) -> Option<Vec<String>> {
    let base = match base {
        Some(base) => Some(Url::parse(&base).ok()?),
        None => None,
    };
    let url = Url::options().base_url(base.as_ref()).parse(&input).ok()?;
    Some(members(&url))
}

/// What the members are after one of them was set. A value that the member cannot have changes nothing;
/// `undefined` stands for an `href` that is no URL.
fn update(href: String, member: String, value: String) -> Option<Vec<String>> {
    let mut url = Url::parse(&href).ok()?;
    let kept = url.clone();
    let result = match member.as_str() {
        "href" => return parse(value, None),
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        "hash" => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
        _ => Err(()),
    };
    Some(members(if result.is_ok() { &url } else { &kept }))
}

/// Names and values, alternating.
fn parse_form(text: String) -> Vec<String> {
    let pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .flat_map(|(name, value)| [name.into_owned(), value.into_owned()])
        .collect()
}

fn serialize_form(parts: Vec<String>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for pair in parts.chunks_exact(2) {
        form.append_pair(&pair[0], &pair[1]);
    }
    form.finish()
}
