/*
 * age's format, whose payload is authenticated in parts of 64 KiB and has a marked end: a file that was cut off or
 * changed anywhere does not open. Written for stream.pipeline, which brings back-pressure and passes faults on.
 *
 * The format's code is read when something is sealed or opened, as most commands do neither.
 */

type Bytes = AsyncIterable<Uint8Array>;

/** Seals what passes through for the owner of an age identity. `age -d -i KEY FILE` opens it too. */
export function sealing(identity: string): (plain: Bytes) => Bytes {
  return async function* (plain) {
    const { Encrypter, identityToRecipient } = await import("age-encryption");
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(identity));
    yield* await encrypter.encrypt(ReadableStream.from(plain));
  };
}

/** Opens what was sealed. Fails in its course where the key is another one, or the file was changed or cut off. */
export function opening(identity: string): (sealed: Bytes) => Bytes {
  return async function* (sealed) {
    const { Decrypter } = await import("age-encryption");
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    yield* await decrypter.decrypt(ReadableStream.from(sealed));
  };
}
