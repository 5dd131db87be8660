#pragma once
// One domain fact, as a value. Changes of unit scopes speak of documents, tasks and assignments;
// changes of the directory say who may read and write. schemas/change.capnp is their form on the
// wire.

#include <string>
#include <variant>
#include <vector>
#include "base/clock.h"
#include "base/time.h"
#include "crypto/crypto.h"
#include "domain/calendar.h"
#include "domain/fields.h"
#include "domain/names.h"

namespace domain {

using base::Bytes;
using base::TimeMs;

// ---- Unit scopes -------------------------------------------------------------------------------

struct FieldWrite {
    Field field;
    Value value;
    std::vector<std::uint64_t> replaces;  // ids of the writes it displaces on the author's screen
    bool operator==(const FieldWrite&) const = default;
};

struct Written {
    ObjectKind kind;
    base::ObjectId id;
    std::vector<FieldWrite> fields;
    bool operator==(const Written&) const = default;
};

struct Noted {
    ObjectKind kind;  // of the object that the note is about
    base::ObjectId id;
    NoteKind note;
    std::string text;
    bool operator==(const Noted&) const = default;
};

/// A write that an officer of its device answers for in person.
struct Stated {
    Written written;
    std::uint64_t officer = 0;  // officerNumber() of the key that has signed
    base::Signature signature;
    bool operator==(const Stated&) const = default;
};
/// The first 8 bytes of an officer's key, little-endian.
std::uint64_t officerNumber(const base::PublicKey& key);
/// What an officer signs (context statement; PROTOCOL.md, "Statements"): the write with everything
/// that it displaces, in this scope of this province.
Bytes statementOf(const Written& written, const ProvinceId& province, const ScopeId& scope);
/// Whether it says that work is done: a day of completion, or the status completed.
bool reportsCompletion(const Written& written);

enum class Verdict : std::uint8_t { Adopted = 1, Refused = 2 };

/// What the office has decided about an entry that came without the right.
struct Judged {
    Hash entry;  // its act: h(n), or of what it writes again
    DeviceId device;
    Verdict verdict = Verdict::Refused;
    std::string reason;
    TimeMs claimed = 0;  // when it was written, by its author's clock
    bool operator==(const Judged&) const = default;
};

// ---- Directory ---------------------------------------------------------------------------------

/// Roles of an officer as a bit set; bits of newer versions are kept.
using Roles = std::uint16_t;
/// Whether they give no right to write: none at all, or auditor alone.
bool onlyReads(Roles roles);
namespace roles {
inline constexpr Roles kOfficer = 1;
inline constexpr Roles kLeader = 2;
inline constexpr Roles kClerk = 4;
inline constexpr Roles kProvincial = 8;
inline constexpr Roles kReviewer = 16;
inline constexpr Roles kAdministrator = 32;
inline constexpr Roles kAuditor = 64;
}  // namespace roles
std::vector<std::string> roleNames(Roles roles);
std::optional<Roles> roleFromName(std::string_view name);

enum class UnitLevel : std::uint8_t { Province = 1, Department = 2, Commune = 3 };

struct RuleSet {
    std::string name;
    std::string value;
    bool operator==(const RuleSet&) const = default;
};

struct CalendarSet {
    WorkCalendar calendar;
    bool operator==(const CalendarSet&) const = default;
};

struct Charter {
    Bytes province;  // P; empty in genesis
    std::uint32_t version = 0;
    base::ExchangeKey noiseKey;
    base::PublicKey headKey;
    bool operator==(const Charter&) const = default;
};

struct AuthoritySet {
    Bytes province;
    std::uint32_t version = 0;
    std::vector<base::PublicKey> keys;
    std::uint8_t threshold = 0;
    bool operator==(const AuthoritySet&) const = default;
};

struct Genesis {
    std::string name;
    std::string code;
    std::vector<base::PublicKey> authorityKeys;
    std::uint8_t threshold = 0;
    base::ExchangeKey recoveryKey;
    Charter charter;
    base::PublicKey deviceKey;
    base::ExchangeKey exchangeKey;
    std::string officerName;
    base::PublicKey officerKey;
    Roles officerRoles = 0;
    std::vector<RuleSet> rules;
    CalendarSet calendar;
    Bytes nonce;  // 16 bytes
    bool operator==(const Genesis&) const = default;
};

/// A body that authority keys have signed, with what it says. The bytes are what was signed; never
/// re-encoded.
template <class T>
struct SignedBody {
    T content;
    Bytes body;
    std::vector<base::Signature> signatures;
    bool operator==(const SignedBody&) const = default;
};

struct UnitDescribed {
    std::string code;
    std::string name;
    UnitLevel level = UnitLevel::Commune;
    std::string parent;
    bool operator==(const UnitDescribed&) const = default;
};

struct Invited {
    base::InvitationNumber number;
    base::PublicKey publicKey;
    std::string unit;
    std::string officer;
    Roles roles = 0;
    TimeMs expiry = 0;
    Hash tie;
    Bytes device;  // 16 bytes: adds an officer to that device; empty: makes a device
    std::vector<base::Signature> signatures;
    bool operator==(const Invited&) const = default;
    /// What authority keys sign where the roles hold administrator (context statement).
    Bytes statement(const ProvinceId& province) const;
};

struct DeviceEnrolled {
    base::InvitationNumber number;
    base::PublicKey deviceKey;
    base::ExchangeKey exchangeKey;
    base::PublicKey officerKey;
    base::Signature signature;
    bool operator==(const DeviceEnrolled&) const = default;
    Bytes statement(const ProvinceId& province, const base::IncarnationId& incarnation) const;
};

struct OfficerEnrolled {
    base::InvitationNumber number;
    DeviceId device;
    base::PublicKey officerKey;
    base::Signature signature;
    bool operator==(const OfficerEnrolled&) const = default;
    Bytes statement(const ProvinceId& province) const;
};

/// Takes back an invitation that nobody has used.
struct InvitationWithdrawn {
    base::InvitationNumber number;
    bool operator==(const InvitationWithdrawn&) const = default;
};

struct DeviceRevoked {
    DeviceId device;
    std::string reason;
    bool operator==(const DeviceRevoked&) const = default;
};

struct KeyMade {
    ScopeId scope;
    std::uint32_t version = 0;
    Hash commitment;
    Bytes previous;
    Bytes province;
    std::uint32_t provinceVersion = 0;
    Bytes recovery;
    bool operator==(const KeyMade&) const = default;
};

struct Granted {
    ScopeId scope;
    std::uint32_t version = 0;
    DeviceId device;
    Bytes box;
    bool operator==(const Granted&) const = default;
};

/// A kind of a newer version: kept, relayed and counted, folded after an upgrade.
struct UnknownChange {
    std::uint16_t tag = 0;
    bool operator==(const UnknownChange&) const = default;
};

using SignedGenesis = SignedBody<Genesis>;
using SignedCharter = SignedBody<Charter>;
using SignedAuthoritySet = SignedBody<AuthoritySet>;

using Change =
    std::variant<Written, Noted, SignedGenesis, SignedCharter, SignedAuthoritySet, UnitDescribed,
                 Invited, DeviceEnrolled, OfficerEnrolled, DeviceRevoked, KeyMade, Granted, RuleSet,
                 CalendarSet, InvitationWithdrawn, Stated, Judged, UnknownChange>;

/// The kind's name, snake_case, as the audit prints it.
std::string_view changeName(const Change& change);
/// The write that a change makes, whether an officer has signed it or not; nothing for other kinds.
const Written* writtenIn(const Change& change);
Written* writtenIn(Change& change);

}  // namespace domain
