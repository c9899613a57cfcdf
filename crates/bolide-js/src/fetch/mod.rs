//! Fetching: streams, blobs, forms, and `fetch` itself.

mod body;
mod compression;
mod http;
mod local;
mod multipart;

use crate::builtins::Area;

pub(crate) const AREA: Area = Area {
    sources: &[
        ("fetch/support", include_str!("support.js")),
        ("fetch/streams", include_str!("streams.js")),
        ("fetch/readable", include_str!("readable.js")),
        ("fetch/readable_ops", include_str!("readable_ops.js")),
        (
            "fetch/readable_default",
            include_str!("readable_default.js"),
        ),
        ("fetch/readable_byte", include_str!("readable_byte.js")),
        ("fetch/readable_tee", include_str!("readable_tee.js")),
        ("fetch/writable", include_str!("writable.js")),
        ("fetch/transform", include_str!("transform.js")),
        ("fetch/pipe", include_str!("pipe.js")),
        ("fetch/queuing", include_str!("queuing.js")),
        ("fetch/compression", include_str!("compression.js")),
        ("fetch/blob", include_str!("blob.js")),
        ("fetch/form_data", include_str!("form_data.js")),
        ("fetch/headers", include_str!("headers.js")),
        ("fetch/body", include_str!("body.js")),
        ("fetch/request", include_str!("request.js")),
        ("fetch/response", include_str!("response.js")),
        ("fetch/fetch", include_str!("fetch.js")),
    ],
    globals: &[
        ("Blob", "fetch/blob"),
        ("ByteLengthQueuingStrategy", "fetch/streams"),
        ("CompressionStream", "fetch/streams"),
        ("CountQueuingStrategy", "fetch/streams"),
        ("DecompressionStream", "fetch/streams"),
        ("File", "fetch/blob"),
        ("FormData", "fetch/form_data"),
        ("Headers", "fetch/headers"),
        ("ReadableByteStreamController", "fetch/streams"),
        ("ReadableStream", "fetch/streams"),
        ("ReadableStreamBYOBReader", "fetch/streams"),
        ("ReadableStreamBYOBRequest", "fetch/streams"),
        ("ReadableStreamDefaultController", "fetch/streams"),
        ("ReadableStreamDefaultReader", "fetch/streams"),
        ("Request", "fetch/request"),
        ("Response", "fetch/response"),
        ("TransformStream", "fetch/streams"),
        ("TransformStreamDefaultController", "fetch/streams"),
        ("WritableStream", "fetch/streams"),
        ("WritableStreamDefaultController", "fetch/streams"),
        ("WritableStreamDefaultWriter", "fetch/streams"),
        ("fetch", "fetch/fetch"),
    ],
    natives: &[
        ("compression", compression::fill),
        ("fetch_http", http::fill),
        ("fetch_local", local::fill),
    ],
    modules: &[],
};
