#include "domain/directory.h"
#include <algorithm>
#include <charconv>
#include "base/limits.h"
#include "domain/invitation.h"

namespace domain {
namespace {

using Reason = std::optional<std::string>;

bool needsAdministrator(const Change& change) {
    return std::holds_alternative<UnitDescribed>(change) ||
           std::holds_alternative<Invited>(change) ||
           std::holds_alternative<InvitationWithdrawn>(change) ||
           std::holds_alternative<DeviceRevoked>(change) ||
           std::holds_alternative<RuleSet>(change) || std::holds_alternative<CalendarSet>(change);
}

/// Keys are made and granted by who was granted one: whoever has got hold of an invitation to the
/// office could otherwise confirm himself, or put keys of his own in the place of the units'.
Reason reasonNotOffice(const Directory& directory, const DeviceId& id, std::uint64_t size) {
    const Device* device = directory.device(id);
    bool isOffice = device != nullptr && device->liveAt(size) &&
                    directory.isProvinceUnit(device->unit) &&
                    !onlyReads(directory.rolesAt(id, size));
    if (!isOffice) return "needs a device of the province unit";
    if (!device->confirmedAt(size)) return "needs a device that the office has confirmed";
    return {};
}

/// The right to the kind of change, at a size; effects are judged when it is applied.
Reason reasonOfKind(const Directory& directory, const DeviceId& id, std::uint64_t size,
                    const Change& change) {
    if (needsAdministrator(change)) {
        if (!directory.administers(id, size)) return "needs an administrator";
        if (directory.waitsForConfirmation(size) && !directory.device(id)->confirmedAt(size))
            return "needs a device that the office has confirmed";
        return {};
    }
    if (std::holds_alternative<KeyMade>(change) || std::holds_alternative<Granted>(change))
        return reasonNotOffice(directory, id, size);
    if (std::holds_alternative<UnknownChange>(change)) return "an unknown kind of change";
    if (std::holds_alternative<Written>(change) || std::holds_alternative<Noted>(change) ||
        std::holds_alternative<Stated>(change) || std::holds_alternative<Judged>(change)) {
        return "does not belong into the directory";
    }
    return {};  // signed by authority or invitation keys inside
}

}  // namespace

const DeviceEnrolled* recoveryIn(std::span<const Change> changes) {
    if (changes.size() != 2) return nullptr;
    auto* invited = std::get_if<Invited>(&changes[0]);
    auto* enrolled = std::get_if<DeviceEnrolled>(&changes[1]);
    bool belongs = invited != nullptr && enrolled != nullptr && invited->number == enrolled->number;
    return belongs ? enrolled : nullptr;
}

Bytes recoveryStatement(const ProvinceId& province, const Invited& invited,
                        const DeviceEnrolled& enrolled) {
    Bytes out = invited.statement(province);
    base::Writer(out)
        .raw(enrolled.deviceKey.view())
        .raw(enrolled.exchangeKey.view())
        .raw(enrolled.officerKey.view());
    return out;
}

std::optional<std::string> Directory::apply(const DirectoryAuthor& author, const Change& change) {
    if (!hasGenesis() && !std::holds_alternative<SignedGenesis>(change))
        return "comes before genesis";
    auto* invited = std::get_if<Invited>(&change);
    const bool isRecovery =
        invited != nullptr && author.recovers != nullptr && device(author.device) == nullptr;
    if (hasGenesis() && isRecovery) return applyRecovery(author, *invited);
    if (hasGenesis()) {
        if (auto reason = reasonOfKind(*this, author.device, author.position, change))
            return reason;
    }
    if (auto* c = std::get_if<SignedGenesis>(&change)) return applyGenesis(author, *c);
    if (std::holds_alternative<SignedCharter>(change) ||
        std::holds_alternative<SignedAuthoritySet>(change)) {
        return m_authority.apply(change);
    }
    if (auto* c = std::get_if<UnitDescribed>(&change)) return applyUnit(author, *c);
    if (invited != nullptr) return applyInvited(*invited);
    if (auto* c = std::get_if<DeviceEnrolled>(&change)) return applyDeviceEnrolled(author, *c);
    if (auto* c = std::get_if<OfficerEnrolled>(&change)) return applyOfficerEnrolled(author, *c);
    if (auto* c = std::get_if<DeviceRevoked>(&change)) return applyRevoked(author, *c);
    if (auto* c = std::get_if<KeyMade>(&change)) return applyKeyMade(author, *c);
    if (auto* c = std::get_if<Granted>(&change)) return applyGranted(author, *c);
    if (auto* c = std::get_if<InvitationWithdrawn>(&change)) return applyWithdrawn(*c);
    if (auto* c = std::get_if<RuleSet>(&change)) {
        m_rules[c->name].push_back({c->value, author.position});
        return {};
    }
    if (auto* c = std::get_if<CalendarSet>(&change)) {
        m_calendar = c->calendar;
        return {};
    }
    return "an unknown kind of change";
}

std::optional<std::string> Directory::reasonNotAdmitted(const DeviceId& device,
                                                        const Change& change, TimeMs now) const {
    if (std::holds_alternative<SignedGenesis>(change)) return "genesis stands at position 0 only";
    if (std::holds_alternative<DeviceEnrolled>(change)) return "a device enrols by an introduction";
    // What authority or invitation keys sign is admitted only if it holds: anybody could send it.
    // But an officer's enrolment only has to be made with the invitation's key, on its device: it
    // may lie there until the invitation has expired, and must not bar what was written behind it.
    if (auto* c = std::get_if<SignedCharter>(&change)) {
        return isOvertaken(device, c->content.version) ? Reason() : m_authority.faultOf(change);
    }
    if (auto* c = std::get_if<SignedAuthoritySet>(&change)) {
        return isOvertaken(device, c->content.version) ? Reason() : m_authority.faultOf(change);
    }
    if (auto* c = std::get_if<OfficerEnrolled>(&change)) {
        DirectoryAuthor author;
        author.position = m_size;
        author.arrival = now;
        author.device = device;
        std::string reason;
        EnrolmentFault fault = faultOf(author, *c, reason);
        bool isHarmless = fault == EnrolmentFault::None || fault == EnrolmentFault::Used ||
                          fault == EnrolmentFault::Expired;
        return isHarmless ? Reason() : Reason(reason);
    }
    return reasonOfKind(*this, device, m_size, change);
}

/// Another office device was first: the change has no effect, and what stands behind it in its
/// author's chain must not wait for ever.
bool Directory::isOvertaken(const DeviceId& author, std::uint32_t version) const {
    return version > 1 && version <= m_authority.version() && administers(author, m_size);
}

void Directory::addUnit(const UnitDescribed& u, std::uint64_t since) {
    Unit unit{u.code, u.name, u.level, u.parent, scopeIdOf(province(), u.code), since};
    m_unitOfScope[unit.scope] = u.code;
    m_units[u.code] = std::move(unit);
}

Reason Directory::applyGenesis(const DirectoryAuthor& author, const SignedGenesis& c) {
    if (hasGenesis() || author.position != 0 || author.seq != 0)
        return "genesis stands at position 0 only";
    const Genesis& g = c.content;
    if (author.device != deviceIdOf(provinceIdOf(c.body), g.deviceKey))
        return "genesis is sealed by another device";
    if (auto reason = m_authority.apply(c)) return reason;
    m_directoryScope = directoryScope(province());
    m_calendar = g.calendar.calendar;
    for (const RuleSet& rule : g.rules) m_rules[rule.name].push_back({rule.value, 0});
    addUnit({g.code, g.name, UnitLevel::Province, ""}, 0);
    Device device;
    device.id = author.device;
    device.key = g.deviceKey;
    device.exchangeKey = g.exchangeKey;
    device.unit = g.code;
    device.officers.push_back({g.officerName, g.officerKey, g.officerRoles, 0, author.arrival});
    device.enrolledAt = author.arrival;
    device.confirmedSince = 0;
    m_deviceOfExchangeKey[g.exchangeKey] = device.id;
    m_signingKeys = {g.deviceKey, g.officerKey};
    m_devices[device.id] = std::move(device);
    return {};
}

Reason Directory::applyUnit(const DirectoryAuthor& author, const UnitDescribed& c) {
    if (c.code.empty() || c.code.size() > base::limits::kCodeBytesMax || c.name.empty()) {
        return "a unit without a code or name";
    }
    if (!c.parent.empty() && unit(c.parent) == nullptr) return "its parent unit is unknown";
    const Unit* old = unit(c.code);
    if (isProvinceUnit(c.code) != (c.level == UnitLevel::Province))
        return "only one unit is the province";
    addUnit(c, old != nullptr ? old->since : author.position);
    return {};
}

Reason Directory::faultOfInvited(const Invited& c, ByteView statement) const {
    if (m_invitations.contains(c.number)) return "an invitation with this number exists";
    if (unit(c.unit) == nullptr) return "its unit is unknown";
    if (!crypto::isValidPublicKey(c.publicKey)) return "its public key is not valid";
    Hash named = crypto::hash("ts-invite", {c.publicKey.view()});
    if (base::InvitationNumber::from(named.view()) != c.number)
        return "its number is not its key's";
    bool confersRoot = (c.roles & roles::kAdministrator) != 0;
    if (confersRoot &&
        !m_authority.hasSigned(crypto::Context::Statement, statement, c.signatures)) {
        return "an administrator needs the authority keys' signatures";
    }
    return {};
}

Reason Directory::applyInvited(const Invited& c) {
    if (auto reason = faultOfInvited(c, c.statement(province()))) return reason;
    m_invitations[c.number] = Invitee{c, {}};
    return {};
}

/// With the enrolment behind it or not at all: an invitation that nobody vouches for must not stay
/// open.
Reason Directory::applyRecovery(const DirectoryAuthor& author, const Invited& c) {
    std::string reason;
    if (faultOf(author, c, *author.recovers, reason) != EnrolmentFault::None) return reason;
    m_invitations[c.number] = Invitee{c, {}, false, true};
    return {};
}

Directory::EnrolmentFault Directory::faultOf(const DirectoryAuthor& author, const Invited& invited,
                                             const DeviceEnrolled& enrolled,
                                             std::string& reason) const {
    auto fault = [&](EnrolmentFault f, const char* text) {
        reason = text;
        return f;
    };
    if (m_invitations.contains(invited.number))
        return fault(EnrolmentFault::Used, "an invitation with this number exists");
    bool isOfOffice = (invited.roles & roles::kAdministrator) != 0 &&
                      isProvinceUnit(invited.unit) && invited.device.empty();
    if (!isOfOffice) {
        return fault(EnrolmentFault::Invalid,
                     "only an administrator's device of the province unit enters so");
    }
    if (auto why = faultOfInvited(invited, recoveryStatement(province(), invited, enrolled))) {
        reason = *why;
        return EnrolmentFault::Invalid;
    }
    if (invited.number != enrolled.number)
        return fault(EnrolmentFault::UnknownInvitation, "the enrolment is of another invitation");
    return faultOf(author, Invitee{invited, {}}, enrolled, reason);
}

Directory::EnrolmentFault Directory::faultOf(const DirectoryAuthor& author, const Invitee& invitee,
                                             std::string& reason) {
    auto fault = [&](EnrolmentFault f, const char* text) {
        reason = text;
        return f;
    };
    if (invitee.usedBy) return fault(EnrolmentFault::Used, "the invitation was used");
    if (invitee.isWithdrawn)
        return fault(EnrolmentFault::Expired, "the invitation had been withdrawn");
    if (author.arrival > invitee.invited.expiry)
        return fault(EnrolmentFault::Expired, "the invitation had expired");
    return EnrolmentFault::None;
}

Directory::EnrolmentFault Directory::faultOf(const DirectoryAuthor& author, const DeviceEnrolled& c,
                                             std::string& reason) const {
    auto it = m_invitations.find(c.number);
    if (it == m_invitations.end() || !it->second.invited.device.empty()) {
        reason = "its invitation is unknown";
        return EnrolmentFault::UnknownInvitation;
    }
    return faultOf(author, it->second, c, reason);
}

Directory::EnrolmentFault Directory::faultOf(const DirectoryAuthor& author, const Invitee& invitee,
                                             const DeviceEnrolled& c, std::string& reason) const {
    auto fault = [&](EnrolmentFault f, const char* text) {
        reason = text;
        return f;
    };
    EnrolmentFault over = faultOf(author, invitee, reason);
    if (over != EnrolmentFault::None) return over;
    if (author.seq != 0 || author.device != deviceIdOf(province(), c.deviceKey)) {
        return fault(EnrolmentFault::Invalid, "an enrolment not sealed by the device itself");
    }
    bool keysValid = crypto::isValidPublicKey(c.deviceKey) &&
                     crypto::isValidPublicKey(c.officerKey) && c.deviceKey != c.officerKey;
    bool keysNew = !m_signingKeys.contains(c.deviceKey) && !m_signingKeys.contains(c.officerKey) &&
                   !m_deviceOfExchangeKey.contains(c.exchangeKey);
    if (!keysValid || !keysNew)
        return fault(EnrolmentFault::Invalid, "a key that is not valid or not new");
    if (!crypto::verify(invitee.invited.publicKey, crypto::Context::Enrol,
                        c.statement(province(), author.incarnation), c.signature)) {
        return fault(EnrolmentFault::Invalid, "not signed by the invitation's key");
    }
    return EnrolmentFault::None;
}

Reason Directory::applyDeviceEnrolled(const DirectoryAuthor& author, const DeviceEnrolled& c) {
    std::string reason;
    if (faultOf(author, c, reason) != EnrolmentFault::None) return reason;
    Invitee& invitee = m_invitations.find(c.number)->second;
    invitee.usedBy = author.device;
    Device device;
    device.id = author.device;
    device.key = c.deviceKey;
    device.exchangeKey = c.exchangeKey;
    device.unit = invitee.invited.unit;
    device.officers.push_back({invitee.invited.officer, c.officerKey, invitee.invited.roles,
                               author.position, author.arrival});
    device.since = author.position;
    device.enrolledAt = author.arrival;
    if (invitee.isRecovery) device.confirmedSince = author.position;
    m_deviceOfExchangeKey[c.exchangeKey] = device.id;
    m_signingKeys.insert(c.deviceKey);
    m_signingKeys.insert(c.officerKey);
    m_devices[device.id] = std::move(device);
    return {};
}

Directory::EnrolmentFault Directory::faultOf(const DirectoryAuthor& author,
                                             const OfficerEnrolled& c, std::string& reason) const {
    auto fault = [&](EnrolmentFault f, const char* text) {
        reason = text;
        return f;
    };
    auto it = m_invitations.find(c.number);
    const Device* to = device(c.device);
    if (it == m_invitations.end() || to == nullptr)
        return fault(EnrolmentFault::UnknownInvitation, "its invitation or device is unknown");
    const Invitee& invitee = it->second;
    bool fits = invitee.invited.device == base::copy(c.device.view()) &&
                author.device == c.device && invitee.invited.unit == to->unit &&
                to->liveAt(author.position);
    if (!fits)
        return fault(EnrolmentFault::UnknownInvitation, "the invitation is for another device");
    if (!crypto::verify(invitee.invited.publicKey, crypto::Context::Enrol, c.statement(province()),
                        c.signature)) {
        return fault(EnrolmentFault::Invalid, "not signed by the invitation's key");
    }
    EnrolmentFault over = faultOf(author, invitee, reason);
    if (over != EnrolmentFault::None) return over;
    if (!crypto::isValidPublicKey(c.officerKey) || m_signingKeys.contains(c.officerKey))
        return fault(EnrolmentFault::Invalid, "a key that is not valid or not new");
    return EnrolmentFault::None;
}

Reason Directory::applyOfficerEnrolled(const DirectoryAuthor& author, const OfficerEnrolled& c) {
    std::string reason;
    if (faultOf(author, c, reason) != EnrolmentFault::None) return reason;
    Invitee& invitee = m_invitations.find(c.number)->second;
    invitee.usedBy = c.device;
    m_signingKeys.insert(c.officerKey);
    m_devices.find(c.device)->second.officers.push_back({invitee.invited.officer, c.officerKey,
                                                         invitee.invited.roles, author.position,
                                                         author.arrival});
    return {};
}

Reason Directory::applyWithdrawn(const InvitationWithdrawn& c) {
    auto it = m_invitations.find(c.number);
    if (it == m_invitations.end()) return "the invitation is unknown";
    if (it->second.usedBy) return "the invitation was used";
    if (it->second.isWithdrawn) return "the invitation was withdrawn before";
    it->second.isWithdrawn = true;
    return {};
}

Reason Directory::applyRevoked(const DirectoryAuthor& author, const DeviceRevoked& c) {
    auto it = m_devices.find(c.device);
    if (it == m_devices.end()) return "the device is unknown";
    if (it->second.revokedSince) return "the device was revoked before";
    it->second.revokedSince = author.position;
    it->second.revokedReason = c.reason;
    return {};
}

Reason Directory::applyKeyMade(const DirectoryAuthor& author, const KeyMade& c) {
    if (!m_unitOfScope.contains(c.scope)) return "the scope is unknown";
    std::vector<ScopeKeyVersion>& versions = m_keys[c.scope];
    if (c.version != versions.size() + 1) {
        if (m_lostAt != author.position) m_lost.clear();
        m_lostAt = author.position;
        m_lost.emplace(c.scope, c.version);
        return "a key version out of turn";
    }
    versions.push_back({c, author.position});
    return {};
}

Reason Directory::applyGranted(const DirectoryAuthor& author, const Granted& c) {
    auto it = m_devices.find(c.device);
    const bool isRevoked = it != m_devices.end() && it->second.revokedSince;
    if (isRevoked && c.version >= 1 && c.version <= keysOf(c.scope).size())
        m_grantedToRevoked.emplace(c.scope, c.version);
    if (it == m_devices.end() || isRevoked) return "the device is unknown or revoked";
    // Of two offices that made the same version the second one grants a key that is none.
    if (m_lostAt == author.position && m_lost.contains({c.scope, c.version}))
        return "grants a key that came too late";
    if (c.version == 0 || c.version > keysOf(c.scope).size()) return "the key version is unknown";
    if (!mayRead(c.device, c.scope)) return "the device may not read this scope";
    auto key = std::make_tuple(c.scope, c.version, c.device);
    if (!m_grants.emplace(key, c).second) return "granted before";
    if (!it->second.confirmedSince) it->second.confirmedSince = author.position;
    return {};
}

std::optional<std::string> Directory::rule(std::string_view name) const {
    auto it = m_rules.find(name);
    if (it == m_rules.end()) return {};
    return it->second.back().value;
}

bool Directory::ruleDiffers(std::string_view name, std::string_view value,
                            std::uint64_t size) const {
    auto it = m_rules.find(name);
    if (it == m_rules.end()) return false;
    bool differs = false;
    for (const RuleValue& rule : it->second) {
        if (rule.since >= size) break;
        differs = rule.value != value;
    }
    return differs;
}

bool Directory::waitsForConfirmation(std::uint64_t size) const {
    return ruleDiffers("grant", "automatic", size);
}

bool Directory::requiresStatements(std::uint64_t size) const {
    return ruleDiffers("statements", "optional", size);
}

std::uint8_t Directory::dictionaryAllowed(std::uint64_t size) const {
    auto it = m_rules.find("dictionary");
    if (it == m_rules.end()) return 0;
    std::uint8_t allowed = 0;
    for (const RuleValue& rule : it->second) {
        if (rule.since >= size) break;
        std::uint8_t number = 0;
        std::from_chars(rule.value.data(), rule.value.data() + rule.value.size(), number);
        allowed = std::max(allowed, number);
    }
    return allowed;
}

bool Directory::administers(const DeviceId& id, std::uint64_t size) const {
    return (rolesAt(id, size) & roles::kAdministrator) != 0;
}

const Officer* Device::officer(std::uint64_t number) const {
    auto it = std::find_if(officers.begin(), officers.end(), [&](const Officer& officer) {
        return officerNumber(officer.key) == number;
    });
    return it == officers.end() ? nullptr : &*it;
}

const Unit* Directory::unit(std::string_view code) const {
    auto it = m_units.find(code);
    return it == m_units.end() ? nullptr : &it->second;
}

const Unit* Directory::unitOfScope(const ScopeId& scope) const {
    auto it = m_unitOfScope.find(scope);
    return it == m_unitOfScope.end() ? nullptr : unit(it->second);
}

const Device* Directory::device(const DeviceId& id) const {
    auto it = m_devices.find(id);
    return it == m_devices.end() ? nullptr : &it->second;
}

const Device* Directory::deviceOfExchangeKey(const base::ExchangeKey& key) const {
    auto it = m_deviceOfExchangeKey.find(key);
    return it == m_deviceOfExchangeKey.end() ? nullptr : device(it->second);
}

Roles Directory::rolesAt(const DeviceId& id, std::uint64_t size) const {
    const Device* d = device(id);
    Roles out = 0;
    if (d == nullptr || !d->liveAt(size)) return out;
    for (const Officer& officer : d->officers) {
        if (officer.since < size) out = static_cast<Roles>(out | officer.roles);
    }
    return out;
}

const Invitee* Directory::invitation(const base::InvitationNumber& number) const {
    auto it = m_invitations.find(number);
    return it == m_invitations.end() ? nullptr : &it->second;
}

std::vector<ScopeId> Directory::readableScopes(const DeviceId& id) const {
    const Device* d = device(id);
    if (d == nullptr || d->revokedSince) return {};
    std::vector<ScopeId> out{m_directoryScope};
    if (isProvinceUnit(d->unit)) {
        for (const auto& [code, u] : m_units) out.push_back(u.scope);
    } else if (const Unit* u = unit(d->unit)) {
        out.push_back(u->scope);
    }
    return out;
}

bool Directory::mayRead(const DeviceId& id, const ScopeId& scope) const {
    const Device* d = device(id);
    if (d == nullptr || d->revokedSince) return false;
    if (scope == m_directoryScope) return true;
    const Unit* u = unitOfScope(scope);
    return u != nullptr && (isProvinceUnit(d->unit) || u->code == d->unit);
}

bool Directory::mayAppend(const DeviceId& id, const ScopeId& scope, std::uint64_t size) const {
    const Device* d = device(id);
    const Unit* u = unitOfScope(scope);
    if (d == nullptr || u == nullptr || !d->liveAt(size) || u->since >= size) return false;
    return !onlyReads(rolesAt(id, size)) && (isProvinceUnit(d->unit) || u->code == d->unit);
}

std::vector<const ScopeKeyVersion*> Directory::keysOf(const ScopeId& scope) const {
    std::vector<const ScopeKeyVersion*> out;
    auto it = m_keys.find(scope);
    if (it == m_keys.end()) return out;
    for (const ScopeKeyVersion& v : it->second) out.push_back(&v);
    return out;
}

std::uint32_t Directory::newestKeyVersion(const ScopeId& scope, std::uint64_t size) const {
    std::uint32_t newest = 0;
    auto it = m_keys.find(scope);
    if (it == m_keys.end()) return 0;
    for (const ScopeKeyVersion& v : it->second) {
        if (v.since < size) newest = v.made.version;
    }
    return newest;
}

const Granted* Directory::grantFor(const ScopeId& scope, std::uint32_t version,
                                   const DeviceId& id) const {
    auto it = m_grants.find(std::make_tuple(scope, version, id));
    return it == m_grants.end() ? nullptr : &it->second;
}

namespace {

Reason reasonOfFields(const Written& written, bool isProvince) {
    for (const FieldWrite& write : written.fields) {
        const FieldInfo* info = infoOf(write.field);
        if (info == nullptr) continue;  // of a newer version: kept
        if (info->kind != written.kind) return "a field that this object does not have";
        if (info->writer == Writer::Nobody) return "a field that nobody writes";
        if (info->writer == Writer::Province && !isProvince)
            return "only the province writes the field " + std::string(info->name);
    }
    return {};
}

/// The officer must have been one of the device's, and more than a reader, at that size.
Reason reasonOfStatement(const Directory& directory, const Device& device, const ScopeId& scope,
                         std::uint64_t size, const Stated& stated) {
    const Officer* officer = device.officer(stated.officer);
    if (officer == nullptr || officer->since >= size) return std::string(kNoOfficerSigned);
    if (onlyReads(officer->roles)) return std::string(kReaderSigned);
    const Bytes statement = statementOf(stated.written, directory.province(), scope);
    bool isSigned =
        crypto::verify(officer->key, crypto::Context::Statement, statement, stated.signature);
    return isSigned ? Reason() : Reason(kFalselySigned);
}

}  // namespace

std::optional<std::string> reasonWithoutEffect(const Directory& directory, const DeviceId& author,
                                               const ScopeId& scope, std::uint64_t directorySize,
                                               const Change& change) {
    const Device* device = directory.device(author);
    if (device == nullptr || !directory.mayAppend(author, scope, directorySize)) {
        return "the device had no right to write here";
    }
    bool isProvince = directory.isProvinceUnit(device->unit);
    if (auto* written = std::get_if<Written>(&change)) {
        if (auto reason = reasonOfFields(*written, isProvince)) return reason;
        if (!isProvince && reportsCompletion(*written) &&
            directory.requiresStatements(directorySize))
            return std::string(kUnsigned);
        return {};
    }
    if (auto* stated = std::get_if<Stated>(&change)) {
        if (auto reason = reasonOfFields(stated->written, isProvince)) return reason;
        return reasonOfStatement(directory, *device, scope, directorySize, *stated);
    }
    if (auto* judged = std::get_if<Judged>(&change)) {
        const bool isKnown =
            judged->verdict == Verdict::Adopted || judged->verdict == Verdict::Refused;
        if (!isProvince) return "only the province judges";
        return isKnown ? Reason() : Reason("an unknown decision");
    }
    if (std::holds_alternative<Noted>(change)) return {};
    if (std::holds_alternative<UnknownChange>(change)) return "an unknown kind of change";
    return "belongs into the directory";
}

bool mayJudge(const Directory& directory, const DeviceId& device, std::uint64_t size) {
    const Device* known = directory.device(device);
    return known != nullptr && directory.isProvinceUnit(known->unit) &&
           directory.mayAppend(device, directory.provinceUnit().scope, size);
}

}  // namespace domain
