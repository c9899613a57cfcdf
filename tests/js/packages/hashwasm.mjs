// Hashes with seven algorithms, each of which is a module of its own, with SIMD where it helps.
import { argon2id, blake3, crc32, md5, scrypt, sha3, xxhash64 } from "hash-wasm";

const argon2 = {
  password: "p", salt: "saltsaltsalt", parallelism: 1, iterations: 2, memorySize: 256, hashLength: 16, outputType: "hex",
};
console.log(JSON.stringify([
  await md5("abc"),
  await sha3("abc", 256),
  await blake3("abc"),
  await xxhash64("abc"),
  await crc32("abc"),
  await argon2id(argon2),
  await scrypt({ password: "p", salt: "s", costFactor: 256, blockSize: 8, parallelism: 1, hashLength: 16 }),
]));
