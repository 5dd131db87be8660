#pragma once
// Domain changes <-> bodies of entries (schemas/change.capnp). One message segment, unpacked.
//
// Decoding bounds everything before taking memory and refuses what Cap'n Proto alone would let
// pass: further segments, trailing bytes, texts that are not UTF-8, lists and texts over their
// limits. Thread-safe.

#include <span>
#include "domain/change.h"

namespace wire {

using base::Bytes;
using base::ByteView;
using base::Result;

Bytes encodeBody(std::span<const domain::Change> changes);
/// Unknown kinds become UnknownChange; fields of newer versions within known kinds are dropped from
/// the value.
Result<std::vector<domain::Change>> decodeBody(ByteView bytes);

/// Bodies that authority keys sign.
Bytes encodeGenesis(const domain::Genesis& genesis);
Bytes encodeCharter(const domain::Charter& charter);
Bytes encodeAuthoritySet(const domain::AuthoritySet& set);

/// The same bodies read, each as the kind that is asked for; whether anybody signed them is for the
/// caller. Malformed.
Result<domain::Genesis> decodeGenesis(ByteView body);
Result<domain::Charter> decodeCharter(ByteView body);
Result<domain::AuthoritySet> decodeAuthoritySet(ByteView body);

}  // namespace wire
