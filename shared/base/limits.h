#pragma once
// Every limit of the project, with its unit and its reason. Enforced before memory is taken.

#include <cstddef>
#include <cstdint>

namespace base::limits {

// Ledger (PROTOCOL.md, section 15: part of the format).
inline constexpr std::size_t kEntryBytesMax =
    64 * 1024;  // one act fits; bigger acts are several entries
inline constexpr std::size_t kSegmentBytesMax =
    128 * 1024;                                         // one signature check per 128 KiB or less
inline constexpr std::size_t kSegmentEntriesMax = 256;  // ditto, for small entries
inline constexpr std::size_t kPlainBodyBytesMax =
    1024 * 1024;  // a body unpacks to at most this (zip bombs)
/// Of an entry's 64 KiB, kept free by authors: what its header grows by when it is written again
/// under a new incarnation (restates 32, continues 58, seen 41, longer numbers).
inline constexpr std::size_t kRestatingBytes = 192;
/// Incarnations that one device may open in one ledger: a machine that is put back every night for
/// a year and a half stays below it, a broken program that opens one a session is stopped.
inline constexpr std::size_t kIncarnationsMax = 512;
inline constexpr std::size_t kBatchEntriesMax = 1000;  // entries between two heads of a download
inline constexpr std::size_t kBatchBytesMax = 256 * 1024;  // bytes between two heads of a download

// Session and transport.
inline constexpr std::size_t kNoiseMessageBytesMax = 65'535;  // Noise specification, section 3
inline constexpr std::size_t kMessageBytesMax = 1024 * 1024;  // one session message, reassembled
inline constexpr std::size_t kStrangerBytesMax = 4 * 1024;    // before the peer is known
inline constexpr std::size_t kStrangerSocketsMax = 256;       // unauthenticated sockets at once
inline constexpr std::int64_t kStrangerTimeMs = 30'000;       // time for a handshake
inline constexpr std::int64_t kIdleTimeMs = 120'000;  // silence in a session before it is closed
inline constexpr std::size_t kControlPaddingBytes = 256;   // control messages are multiples of this
inline constexpr std::uint64_t kRekeyMessages = 1U << 16;  // Noise rekey interval
inline constexpr std::size_t kHelloLedgersMax = 6;         // beyond: one digest (a console has 97)
inline constexpr std::size_t kScopesMax = 4096;  // ledgers of one session: a country's communes
inline constexpr std::size_t kPushBytes = 32 * 1024;  // of one message up, about: a cut tears one
inline constexpr std::size_t kMessageItemsMax =
    4096;                                       // records, segments or ledgers of one message
inline constexpr std::size_t kSamplesMax = 64;  // boundaries shown of a history, ever further apart
inline constexpr std::size_t kReasonBytesMax = 512;   // what a refusal says
inline constexpr std::size_t kAddressBytesMax = 255;  // HOST:PORT: RFC 1035 allows a host 253
inline constexpr std::size_t kOutputQueueBytes =
    256 * 1024;  // waiting to be sent; then no more is made
inline constexpr std::size_t kStrangerNetworksMax = 16'384;  // on record; each takes about 80 bytes
inline constexpr double kStrangersBurst = 64;                // new strangers of one network at once
inline constexpr double kStrangersPerSecond = 4;             // and for as long as it likes
inline constexpr std::size_t kPushOverheadBytes = 4 * 1024;  // of a message around its segments

// Server.
inline constexpr std::size_t kCommitEntriesMax =
    1024;  // entries of one group commit: bounds what a cut wastes
inline constexpr std::size_t kInboxBytesMax = 4 * 1024 * 1024;  // unprocessed input of one session
/// Of all sessions together, those included whose peer has gone: above it nobody is read until the
/// next commit, so that many devices which come back after the same outage do not fill the memory.
inline constexpr std::size_t kInboxBytesTotalMax = 64 * 1024 * 1024;
/// Given back by one session before it is proven and stored: a year of a unit's ledger is 4 MiB.
inline constexpr std::size_t kReturnedBytesMax = 32 * 1024 * 1024;
inline constexpr std::size_t kReturnedBytesTotalMax = 128 * 1024 * 1024;  // ditto, by all sessions
inline constexpr std::size_t kConnectionsMax = 4096;  // at once: four provinces' devices
/// Records that a server looks back for a segment that overlaps what it holds: an honest device
/// overlaps by what a dead connection had under way; each step reads and decrypts.
inline constexpr std::size_t kOverlapRecordsMax = 64;
inline constexpr std::size_t kDeviceSessionsMax = 8;  // of one device: what cuts leave behind
/// Of all sessions of one device: what waits of it for a commit.
inline constexpr std::size_t kDeviceWaitingBytesMax = 4 * 1024 * 1024;
/// What one device, and all devices of one unit, may have ordered in 24 hours: many times what a
/// busy office writes, or one that comes back after a year. The province's own devices hand out
/// the tasks of all units, and are bound by neither.
inline constexpr std::uint64_t kDeviceDayEntriesMax = 200'000;
inline constexpr std::uint64_t kDeviceDayBytesMax = 256ULL * 1024 * 1024;
inline constexpr std::uint64_t kUnitDayEntriesMax = 1'000'000;
inline constexpr std::uint64_t kUnitDayBytesMax = 1024ULL * 1024 * 1024;
inline constexpr std::int64_t kQuotaDayMs = 24LL * 3600 * 1000;
/// Entries without right are kept apart, one segment of a chain, so that an office can look at
/// them; nobody may fill the disk with them.
inline constexpr std::size_t kQuarantineBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kQuarantineItemsMax = 4096;
inline constexpr std::size_t kQuarantineDeviceBytesMax = 1024 * 1024;
inline constexpr std::size_t kQuarantineDeviceItemsMax = 16;
/// A clock that is further off than this against the monotonic one, or behind the last arrival.
inline constexpr std::int64_t kClockJumpMs = 3'600'000;
/// No office is silent for longer; a clock that starts later than this is asked about.
inline constexpr std::int64_t kClockForwardMs = 30LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kDiskRetryMs = 60'000;      // after a write that failed
inline constexpr std::int64_t kHeardEveryMs = 3'600'000;  // a device's last session is written anew
/// Ledgers that a watermark names: a country's communes, several times.
inline constexpr std::size_t kWatermarkLedgersMax = 16'384;

// Domain values.
inline constexpr std::size_t kTextBytesMax = 32 * 1024;  // one text value: ten printed pages
inline constexpr std::size_t kCodeBytesMax = 64;         // unit codes, rule names
inline constexpr std::size_t kNameBytesMax = 256;        // names of people and units
inline constexpr std::size_t kFieldsMax = 64;            // field writes in one change
inline constexpr std::size_t kChangesMax = 1024;         // changes in one entry
inline constexpr std::size_t kReplacesMax = 64;          // writes displaced by one write
/// Ditto by all writes of one entry: a list that many fields share takes memory for each of them.
inline constexpr std::size_t kBodyReplacesMax = 64 * 1024;
inline constexpr std::size_t kListMax = 256;             // ids in one list value
inline constexpr std::size_t kAuthorityKeysMax = 16;     // of a province
inline constexpr std::size_t kRulesMax = 64;             // in one change
inline constexpr std::size_t kDeviceOfficersMax = 32;    // keys that one device holds
inline constexpr std::size_t kDaysMax = 4096;            // days off and working days of a calendar
inline constexpr std::size_t kWrappedKeyBytesMax = 256;  // a scope key as somebody can open it
inline constexpr std::size_t kSignedBytesMax = 16 * 1024;  // what the authority keys sign at once

// A folded row: a device that writes without end must not make it unreadable.
inline constexpr std::size_t kUnknownFieldsMax = 256;  // of newer versions; known ones have room
inline constexpr std::size_t kLiveMax = 16;            // values of a field in conflict
inline constexpr std::size_t kWritersMax = 4;        // of one value, whose ids are kept: the newest
inline constexpr std::size_t kSupersededMax = 4096;  // write ids named before they came
static_assert(kLiveMax * kWritersMax <= kReplacesMax, "one write can name all that is live");

// Replica.
inline constexpr std::size_t kPortionEntries = 1024;  // opened for the fold at once
inline constexpr std::size_t kPortionBytes =
    8 * 1024 * 1024;                              // ditto, unpacked: one entry may take 1 MiB
inline constexpr std::size_t kPortionsAhead = 4;  // opened before the one that is folded
inline constexpr std::size_t kPortionsAheadBytes = 16 * 1024 * 1024;  // ditto, unpacked

// Receipts and exported ledgers (PROTOCOL.md, sections 15 and 20).
inline constexpr std::size_t kReceiptBytesMax = 4 * 1024 * 1024;  // read whole; most take some KiB
inline constexpr std::size_t kReceiptItemsMax = 1024;  // facts of the directory in one receipt
inline constexpr std::size_t kAuditPathMax = 64;       // hashes: a ledger's size has 64 bits
inline constexpr std::size_t kListingBytesMax = 256 * 1024 * 1024;  // a checked ledger, told whole

// Files that people give.
inline constexpr std::size_t kSecretFileBytesMax = 64 * 1024;  // a passphrase, token or invitation
inline constexpr std::size_t kUnitsFileBytesMax = 4 * 1024 * 1024;  // the units of a province

// Tables that come in.
inline constexpr std::size_t kTableFileBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kTableRowsMax = 100'000;
inline constexpr std::size_t kTableColumnsMax = 256;
inline constexpr std::size_t kTableCellBytesMax =
    32 * 1024;  // Excel's own limit is 32,767 characters
inline constexpr std::size_t kTableTextBytesMax = 64 * 1024 * 1024;  // all cells of one sheet
inline constexpr std::size_t kTableHeaderRowsMax = 30;               // titles above a header
inline constexpr std::size_t kTableMergesMax = 100'000;              // merged ranges of one sheet
inline constexpr std::size_t kTableSheetsMax = 64;                   // sheets of one workbook
inline constexpr std::size_t kTableProblemsMax = 10'000;             // problems told of one table
inline constexpr std::size_t kXmlNodesMax = 8'000'000;  // about 60 bytes each: half a gigabyte
inline constexpr std::size_t kArchiveEntriesMax = 4096;
inline constexpr std::size_t kArchivePartBytesMax = 64 * 1024 * 1024;  // one part, unpacked
inline constexpr std::size_t kArchiveBytesMax = 160 * 1024 * 1024;     // all parts that are read
inline constexpr std::size_t kArchiveRatioFreeBytes = 1024 * 1024;  // below this any ratio will do
inline constexpr std::size_t kArchiveRatioMax = 200;                // sheets pack 5 to 60 times

}  // namespace base::limits
