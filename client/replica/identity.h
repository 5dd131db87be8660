#pragma once
// Who this device is: its keys, its province, its server. Lies in the store, encrypted with
// everything else.

#include "crypto/secret_bytes.h"
#include "replica/tables.h"

namespace replica {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::Status;

struct Identity {
    base::ProvinceId province;
    base::DeviceId device;
    base::IncarnationId incarnation;
    crypto::SigningKey deviceKey;
    crypto::ExchangeKeyPair exchangeKey;
    /// Of the officers on this device, in the order in which it took them in; the first is the one
    /// whose invitation made it.
    std::vector<crypto::SigningKey> officerKeys;
    std::string serverAddress;    // HOST:PORT
    base::ExchangeKey serverKey;  // as the invitation told it; later see Replica::serverKey()
    std::vector<crypto::SigningKey> authorityKeys;  // on the machine that founded the province

    /// New random keys and incarnation; province, server and device id are set by the caller.
    static Identity generate(base::Random& random);
    crypto::SecretBytes encode() const;
    static Result<Identity> decode(ByteView bytes);
};

}  // namespace replica
