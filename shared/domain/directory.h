#pragma once
// The directory, folded from its ledger: units, devices, officers, invitations, scope keys, grants,
// charters, rules. Facts carry the position from which they hold, so that rights can be asked for
// at any directory size: a fact made by position p holds at every size > p. There is no other
// access list.
//
// A pure value: same ordered entries, same directory. Not thread-safe.

#include <map>
#include <set>
#include <span>
#include "domain/authority.h"

namespace domain {

/// Where an entry of the directory stands and who wrote it (the ledger has verified the seal).
struct DirectoryAuthor {
    std::uint64_t position = 0;
    TimeMs arrival = 0;
    DeviceId device;
    base::IncarnationId incarnation;
    std::uint64_t seq = 0;
    /// recoveryIn() of the entry, borrowed: of a device that enters by the authority keys' word.
    const DeviceEnrolled* recovers = nullptr;
};

/// The enrolment in an entry that says exactly two things: an invitation, and the enrolment that
/// uses it. So enters the first device of an office that has lost all of its own (ADR 21).
const DeviceEnrolled* recoveryIn(std::span<const Change> changes);
/// What authority keys sign for such a device, context `statement`: the invitation and the keys of
/// the device. It is no statement of an invitation alone, nor the other way round.
Bytes recoveryStatement(const ProvinceId& province, const Invited& invited,
                        const DeviceEnrolled& enrolled);

struct Unit {
    std::string code;
    std::string name;
    UnitLevel level = UnitLevel::Commune;
    std::string parent;
    ScopeId scope;
    std::uint64_t since = 0;
};

struct Officer {
    std::string name;
    base::PublicKey key;
    Roles roles = 0;
    std::uint64_t since = 0;
    TimeMs enrolledAt = 0;
};

struct Device {
    DeviceId id;
    base::PublicKey key;
    base::ExchangeKey exchangeKey;
    std::string unit;
    std::vector<Officer> officers;
    std::uint64_t since = 0;
    TimeMs enrolledAt = 0;
    std::optional<std::uint64_t> revokedSince;
    std::string revokedReason;
    /// Position of its first grant: since then the office has taken it for the machine of whom it
    /// invited. The first device needs none, nor does one for which the authority keys have spoken.
    std::optional<std::uint64_t> confirmedSince;

    bool liveAt(std::uint64_t size) const {
        return since < size && (!revokedSince || *revokedSince >= size);
    }
    bool confirmedAt(std::uint64_t size) const { return confirmedSince && *confirmedSince < size; }
    /// By officerNumber() of his key; nothing if there is none.
    const Officer* officer(std::uint64_t number) const;
};

struct Invitee {
    Invited invited;
    std::optional<DeviceId> usedBy;
    bool isWithdrawn = false;
    bool isRecovery = false;  // it came in the entry that uses it
};

struct ScopeKeyVersion {
    KeyMade made;
    std::uint64_t since = 0;
};

class Directory {
public:
    /// Applies one change; a reason if it has no effect (it stays in the ledger all the same).
    std::optional<std::string> apply(const DirectoryAuthor& author, const Change& change);
    /// Called after the last change of each entry.
    void setSize(std::uint64_t size) { m_size = size; }
    std::uint64_t size() const { return m_size; }

    /// Whether the server may append this change by an enrolled device: the right to the kind, not
    /// its effect; `now` is when it would arrive. (Genesis and enrolments have their own doors.)
    std::optional<std::string> reasonNotAdmitted(const DeviceId& device, const Change& change,
                                                 TimeMs now) const;

    /// Expired: its time is over, or it was withdrawn.
    enum class EnrolmentFault { None, UnknownInvitation, Used, Expired, Invalid };
    /// What apply() would find wrong with an enrolment that this author seals; `reason` is set on a
    /// fault.
    EnrolmentFault faultOf(const DirectoryAuthor& author, const DeviceEnrolled& change,
                           std::string& reason) const;
    /// The same for an invitation and the enrolment that uses it, in one first entry: the
    /// invitation needs no administrator then, but the authority keys' signatures, the role of
    /// administrator and the province unit.
    EnrolmentFault faultOf(const DirectoryAuthor& author, const Invited& invited,
                           const DeviceEnrolled& enrolled, std::string& reason) const;
    /// The same for another officer on a device: None, UnknownInvitation (or another device's),
    /// Used, Expired, Invalid.
    EnrolmentFault faultOf(const DirectoryAuthor& author, const OfficerEnrolled& change,
                           std::string& reason) const;

    /// Authority keys and charters, as ordered.
    const Authority& authority() const { return m_authority; }
    bool hasGenesis() const { return m_authority.hasGenesis(); }
    const ProvinceId& province() const { return m_authority.province(); }
    const Genesis& genesis() const { return m_authority.genesis(); }
    const ScopeId& directoryScopeId() const { return m_directoryScope; }
    const Charter& charter() const { return m_authority.charter(); }
    const Charter* charterVersion(std::uint32_t version) const {
        return m_authority.charterVersion(version);
    }
    std::vector<base::PublicKey> authorityKeys() const { return m_authority.set().keys; }
    std::uint8_t authorityThreshold() const { return m_authority.set().threshold; }
    const WorkCalendar& calendar() const { return m_calendar; }
    /// The rule's newest value; nothing if it was never set.
    std::optional<std::string> rule(std::string_view name) const;
    /// Whether new devices wait until somebody has compared their words (rule "grant"), at a
    /// directory size.
    bool waitsForConfirmation(std::uint64_t size) const;
    /// Up to which number bodies may name a dictionary at a directory size (rule "dictionary"); 0 =
    /// none. What was allowed once stays allowed: it may have been written already.
    std::uint8_t dictionaryAllowed(std::uint64_t size) const;
    /// Whether a unit's report of a completion needs an officer's signature (rule "statements"), at
    /// a directory size.
    bool requiresStatements(std::uint64_t size) const;
    /// Whether the device is live and one of its officers an administrator, at a directory size.
    bool administers(const DeviceId& device, std::uint64_t size) const;

    const Unit* unit(std::string_view code) const;
    const Unit* unitOfScope(const ScopeId& scope) const;
    const std::map<std::string, Unit, std::less<>>& units() const { return m_units; }
    const Unit& provinceUnit() const { return *unit(genesis().code); }
    bool isProvinceUnit(std::string_view code) const {
        return hasGenesis() && genesis().code == code;
    }

    const Device* device(const DeviceId& id) const;
    const Device* deviceOfExchangeKey(const base::ExchangeKey& key) const;
    const std::map<DeviceId, Device>& devices() const { return m_devices; }
    Roles rolesAt(const DeviceId& device, std::uint64_t size) const;
    const Invitee* invitation(const base::InvitationNumber& number) const;
    const std::map<base::InvitationNumber, Invitee>& invitations() const { return m_invitations; }

    /// Ledgers a device may read now: the directory, its unit's, and every unit's for the province
    /// unit.
    std::vector<ScopeId> readableScopes(const DeviceId& device) const;
    bool mayRead(const DeviceId& device, const ScopeId& scope) const;
    /// Whether the server may append this device's entries to that unit scope at a directory size.
    bool mayAppend(const DeviceId& device, const ScopeId& scope, std::uint64_t size) const;

    std::vector<const ScopeKeyVersion*> keysOf(const ScopeId& scope) const;
    std::uint32_t newestKeyVersion(const ScopeId& scope, std::uint64_t size) const;
    /// Whether somebody who had not heard of a revocation granted this version to the revoked
    /// device.
    bool isGrantedToRevoked(const ScopeId& scope, std::uint32_t version) const {
        return m_grantedToRevoked.contains({scope, version});
    }
    const Granted* grantFor(const ScopeId& scope, std::uint32_t version,
                            const DeviceId& device) const;

private:
    using Reason = std::optional<std::string>;
    /// Whether the rule was set to something else than its careless value, which a value of a newer
    /// version is not.
    bool ruleDiffers(std::string_view name, std::string_view value, std::uint64_t size) const;
    static EnrolmentFault faultOf(const DirectoryAuthor&, const Invitee&, std::string& reason);
    EnrolmentFault faultOf(const DirectoryAuthor&, const Invitee&, const DeviceEnrolled&,
                           std::string& reason) const;
    Reason faultOfInvited(const Invited&, ByteView statement) const;
    Reason applyGenesis(const DirectoryAuthor&, const SignedGenesis&);
    bool isOvertaken(const DeviceId& author, std::uint32_t version) const;
    Reason applyUnit(const DirectoryAuthor&, const UnitDescribed&);
    Reason applyInvited(const Invited&);
    Reason applyRecovery(const DirectoryAuthor&, const Invited&);
    Reason applyDeviceEnrolled(const DirectoryAuthor&, const DeviceEnrolled&);
    Reason applyOfficerEnrolled(const DirectoryAuthor&, const OfficerEnrolled&);
    Reason applyWithdrawn(const InvitationWithdrawn&);
    Reason applyRevoked(const DirectoryAuthor&, const DeviceRevoked&);
    Reason applyKeyMade(const DirectoryAuthor&, const KeyMade&);
    Reason applyGranted(const DirectoryAuthor&, const Granted&);
    void addUnit(const UnitDescribed&, std::uint64_t since);

    std::uint64_t m_size = 0;
    Authority m_authority;
    ScopeId m_directoryScope;
    WorkCalendar m_calendar;
    struct RuleValue {
        std::string value;
        std::uint64_t since = 0;
    };
    std::map<std::string, std::vector<RuleValue>, std::less<>> m_rules;  // oldest first
    std::map<std::string, Unit, std::less<>> m_units;
    std::map<ScopeId, std::string> m_unitOfScope;
    std::map<DeviceId, Device> m_devices;
    std::map<base::ExchangeKey, DeviceId> m_deviceOfExchangeKey;
    std::set<base::PublicKey> m_signingKeys;  // of devices and officers: each new to the directory
    std::map<base::InvitationNumber, Invitee> m_invitations;
    std::map<ScopeId, std::vector<ScopeKeyVersion>> m_keys;
    std::map<std::tuple<ScopeId, std::uint32_t, DeviceId>, Granted> m_grants;
    std::set<std::pair<ScopeId, std::uint32_t>> m_grantedToRevoked;
    // Keys that the entry at this position wanted to make and that came too late.
    std::set<std::pair<ScopeId, std::uint32_t>> m_lost;
    std::uint64_t m_lostAt = 0;
};

// What reasonWithoutEffect() says of officers' signatures.
inline constexpr std::string_view kUnsigned = "a completion needs the signature of an officer";
inline constexpr std::string_view kNoOfficerSigned =
    "signed by nobody who was an officer of the device";
inline constexpr std::string_view kReaderSigned = "signed by an officer who only reads";
inline constexpr std::string_view kFalselySigned = "the officer's signature is not valid";

/// Why a change of a unit scope has no effect, judged at the directory size in its leaf; nothing if
/// it has. Verifies a signature where an officer has stated the change.
std::optional<std::string> reasonWithoutEffect(const Directory& directory, const DeviceId& author,
                                               const ScopeId& scope, std::uint64_t directorySize,
                                               const Change& change);

/// Whether the device decides for the office about work that came without the right: it is live
/// there, at a directory size, and does not only read.
bool mayJudge(const Directory& directory, const DeviceId& device, std::uint64_t size);

}  // namespace domain
