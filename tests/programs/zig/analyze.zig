//! Reads JSON records from standard input and prints what it computes from
//! them: allocators, hash maps, sorting, formatting, vectors and file access.

const std = @import("std");
const Io = std.Io;

const Record = struct {
    name: []const u8,
    team: []const u8,
    score: f64,
    tags: []const []const u8 = &.{},
};

const Lanes = @Vector(8, f32);

fn lessByScore(_: void, a: Record, b: Record) bool {
    if (a.score != b.score) return a.score > b.score;
    return std.mem.lessThan(u8, a.name, b.name);
}

fn dot(a: []const f32, b: []const f32) f32 {
    var sum: Lanes = @splat(0);
    var i: usize = 0;
    while (i + 8 <= a.len) : (i += 8) {
        const x: Lanes = a[i..][0..8].*;
        const y: Lanes = b[i..][0..8].*;
        sum += x * y;
    }
    return @reduce(.Add, sum);
}

fn collatz(start: u64) u32 {
    var n = start;
    var steps: u32 = 0;
    while (n != 1) : (steps += 1) {
        n = if (n % 2 == 0) n / 2 else 3 * n + 1;
    }
    return steps;
}

pub fn main(init: std.process.Init) !void {
    const io = init.io;
    const arena = init.arena.allocator();

    var out_buffer: [512]u8 = undefined;
    var stdout: Io.File.Writer = .initStreaming(.stdout(), io, &out_buffer);
    const out = &stdout.interface;
    var in_buffer: [256]u8 = undefined;
    var stdin: Io.File.Reader = .initStreaming(.stdin(), io, &in_buffer);
    const text = try stdin.interface.allocRemaining(arena, .unlimited);

    for (try init.minimal.args.toSlice(arena), 0..) |arg, i| {
        if (i > 0) try out.print("arg {d}: {s}\n", .{ i, arg });
    }

    const records = try std.json.parseFromSliceLeaky([]Record, arena, text, .{});
    std.mem.sort(Record, records, {}, lessByScore);
    for (records, 1..) |record, rank| {
        try out.print("{d:>2}. {s:<8} {s:^7} {d:>8.2} {d}\n", .{ rank, record.name, record.team, record.score, record.tags.len });
    }

    var totals: std.StringArrayHashMapUnmanaged(f64) = .empty;
    for (records) |record| {
        const entry = try totals.getOrPutValue(arena, record.team, 0);
        entry.value_ptr.* += record.score;
    }
    for (totals.keys(), totals.values()) |team, total| {
        try out.print("team {s}: {d:.3}\n", .{ team, total });
    }

    var a: [4096]f32 = undefined;
    var b: [4096]f32 = undefined;
    for (&a, &b, 0..) |*x, *y, i| {
        x.* = @floatFromInt(i % 17);
        y.* = @floatFromInt(i % 5);
    }
    try out.print("dot {d}\n", .{dot(&a, &b)});

    var longest: u32 = 0;
    for (1..20000) |n| longest = @max(longest, collatz(n));
    try out.print("collatz {d}\n", .{longest});

    const wide: u128 = std.math.maxInt(u64);
    try out.print("u128 {d}\n", .{wide * wide});
    const digest = digest: {
        var bytes: [32]u8 = undefined;
        std.crypto.hash.sha2.Sha256.hash(text, &bytes, .{});
        break :digest bytes;
    };
    try out.print("sha256 {x}\n", .{digest});
    try out.flush();

    // On WASI the current directory is the first preopened one.
    const dir = Io.Dir.cwd();
    try dir.writeFile(io, .{ .sub_path = "report.txt", .data = "written by Zig" });
    const back = try dir.readFileAlloc(io, "report.txt", arena, .unlimited);
    try out.print("file <{s}>\n", .{back});
    try out.flush();
    if (records.len != 5) std.process.exit(1);
    std.process.exit(42);
}
