#pragma once
// The keys of a server, in the file server.key of its data folder (mode 0600): whoever has it can
// speak as this server. They belong to the machine, no passphrase guards them: the server has to
// start by itself after a power cut.
//
// Layout, 155 bytes:
//   "TSSERVER" 0 | u16 version = 1, little-endian
//   | Noise secret (32, X25519) | head seed (32, Ed25519) | bootstrap secret (16)
//   | store master key (32)
//   | H("ts-server-key", all before)

#include "crypto/crypto.h"
#include "domain/change.h"
#include "domain/invitation.h"
#include "store/files.h"

namespace ops {

using base::Result;
using base::Status;
using store::Path;

struct ServerKey {
    crypto::ExchangeKeyPair noise;
    crypto::SecretKey headSeed;
    crypto::SigningKey head;  // of the seed
    crypto::Secret<16> bootstrap;
    crypto::SecretKey storeKey;

    static ServerKey generate(base::Random& random);
    /// New keys for the same server: what it stores and how it was founded stays.
    ServerKey successor(base::Random& random) const;
    /// Whether a charter names these keys.
    bool isOf(const domain::Charter& charter) const {
        return charter.noiseKey == noise.publicKey && charter.headKey == head.publicKey;
    }
    /// NotFound, Corrupt (damaged, or not this format), Unsupported (a newer version), Io.
    static Result<ServerKey> load(const Path& path);
    /// Durable on return. InvalidInput if the file exists: keys are never replaced.
    Status save(const Path& path) const;

    /// What lets one device found a province here; `address` may be empty.
    domain::BootstrapToken token(std::string address) const;
    /// H("ts-server", Noise key | head key).
    base::Hash fingerprint() const;
};

}  // namespace ops
