#pragma once
// A ledger as files from which anybody can check it from nothing (PROTOCOL.md, section 20):
//
//   ledger     "TSLG" · u8 version (1) · head 169 · each record: u32 length · record
//   openings   "TSOP" · u8 version (1) · scope 16 · for each entry k 32 · s 32, or 64 zeros: closed
//
// The records are those of the ledger from its first to the head's size.

#include "base/limits.h"
#include "ledger/body.h"
#include "ledger/head.h"
#include "ledger/record.h"

namespace ledger {

inline constexpr std::size_t kFileMarkBytes = 5;
inline constexpr std::size_t kLedgerFileHeadBytes = kFileMarkBytes + kHeadBytes;
inline constexpr std::size_t kOpeningsFileHeadBytes = kFileMarkBytes + base::ScopeId::kSize;
inline constexpr std::size_t kOpeningBytes = 64;

Bytes encodeLedgerFileHead(const Head& head);
/// InvalidInput for another kind of file, Unsupported for another version, Malformed.
Result<Head> decodeLedgerFileHead(ByteView bytes);
Bytes encodeOpeningsFileHead(const base::ScopeId& scope);
Result<base::ScopeId> decodeOpeningsFileHead(ByteView bytes);

}  // namespace ledger
