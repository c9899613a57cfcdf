//! Fetching: streams, blobs, forms, and `fetch` itself.

mod compression;

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
    ],
    globals: &[
        ("ByteLengthQueuingStrategy", "fetch/streams"),
        ("CompressionStream", "fetch/streams"),
        ("CountQueuingStrategy", "fetch/streams"),
        ("DecompressionStream", "fetch/streams"),
        ("ReadableByteStreamController", "fetch/streams"),
        ("ReadableStream", "fetch/streams"),
        ("ReadableStreamBYOBReader", "fetch/streams"),
        ("ReadableStreamBYOBRequest", "fetch/streams"),
        ("ReadableStreamDefaultController", "fetch/streams"),
        ("ReadableStreamDefaultReader", "fetch/streams"),
        ("TransformStream", "fetch/streams"),
        ("TransformStreamDefaultController", "fetch/streams"),
        ("WritableStream", "fetch/streams"),
        ("WritableStreamDefaultController", "fetch/streams"),
        ("WritableStreamDefaultWriter", "fetch/streams"),
    ],
    natives: &[("compression", compression::fill)],
    modules: &[],
};
