#include "intake/intake.h"
#include "base/limits.h"
#include "wire/body.h"

namespace intake {
namespace {

/// Of one commit: each has a signature to check, and everybody waits while that is done.
constexpr std::size_t kCommitSegmentsMax = base::limits::kCommitEntriesMax / 8;

using base::Code;
using Taken = std::optional<wire::Refused>;

wire::Refused refusal(wire::RefusedReason reason, std::string text) {
    wire::Refused out;
    out.reason = reason;
    out.text = std::move(text);
    return out;
}

/// Faults of this server's disk or program; the sender must not hear that its work was refused.
bool isOwnFault(Code code) {
    return code == Code::Io || code == Code::Corrupt || code == Code::Internal;
}

std::optional<std::string> admitAll(std::span<const ledger::Entry>) {
    return {};
}

base::Error errorOfFirst() {
    return {base::Code::Malformed, "not a single first entry"};
}

/// The changes of a segment that holds exactly one entry, the first of its chain.
Result<std::vector<domain::Change>> firstChanges(const ledger::Segment& segment) {
    if (segment.entries.size() != 1 || segment.firstSeq != 0) return tl::unexpected(errorOfFirst());
    ledger::ChainState start;
    TRY(ledger::Entry entry, ledger::advance(start, segment.entries[0]));
    return session::directoryChanges(entry);
}

Result<domain::SignedGenesis> genesisIn(const ledger::Segment& segment) {
    TRY(std::vector<domain::Change> changes, firstChanges(segment));
    bool isGenesis =
        changes.size() == 1 && std::holds_alternative<domain::SignedGenesis>(changes[0]);
    if (!isGenesis) return tl::unexpected(errorOfFirst());
    return std::get<domain::SignedGenesis>(std::move(changes[0]));
}

/// What an introduction says: an enrolment, perhaps behind the invitation that it uses.
struct Introduction {
    domain::DeviceEnrolled enrolled;
    std::optional<domain::Invited> invited;
};
Result<Introduction> introductionIn(const ledger::Segment& segment) {
    TRY(std::vector<domain::Change> changes, firstChanges(segment));
    if (auto* enrolled = domain::recoveryIn(changes))
        return Introduction{*enrolled, std::get<domain::Invited>(changes[0])};
    bool isEnrolment =
        changes.size() == 1 && std::holds_alternative<domain::DeviceEnrolled>(changes[0]);
    if (!isEnrolment) return tl::unexpected(errorOfFirst());
    return Introduction{std::get<domain::DeviceEnrolled>(changes[0]), {}};
}

wire::Refused malformed(const base::Error& error) {
    return refusal(wire::RefusedReason::Malformed, error.message);
}

wire::Refused revoked() {
    return refusal(wire::RefusedReason::Revoked, "revoked device");
}

using Fault = std::optional<std::string>;

/// Why a server that recovers takes no new work, to be read behind "takes no new work for now: ".
std::string reasonOf(const reg::Restored& mark) {
    if (mark.cause == reg::RestoredCause::Backup)
        return "it was put back from a backup, and first gets back what devices hold";
    return "it lacks work that it had received, and first gets it back from the devices";
}

Fault faultOfUnitEntries(const domain::Directory& directory, const base::ScopeId& scope,
                         std::span<const ledger::Entry> entries) {
    std::uint32_t newestKey = directory.newestKeyVersion(scope, directory.size());
    std::uint8_t newestDictionary = directory.dictionaryAllowed(directory.size());
    for (const ledger::Entry& entry : entries) {
        if (entry.header.keyVersion == 0 || entry.header.keyVersion > newestKey)
            return "an entry under a key version that the directory does not know";
        if (entry.header.dictionary > newestDictionary)
            return "an entry with a dictionary that the directory does not allow";
    }
    return {};
}

}  // namespace

void Intake::enqueue(const base::DeviceId& of, Item item) {
    Lane& lane = m_lanes[of];
    if (lane.items.empty()) m_turns.push_back(of);
    lane.bytes += item.segment.segment.size();
    m_queuedBytes += item.segment.segment.size();
    lane.items.push_back(std::move(item));
}

/// One segment of the lane whose turn it is; there is one.
Intake::Item Intake::next() {
    const base::DeviceId of = m_turns.front();
    m_turns.pop_front();
    auto lane = m_lanes.find(of);
    Item item = std::move(lane->second.items.front());
    lane->second.items.pop_front();
    lane->second.bytes -= item.segment.segment.size();
    m_queuedBytes -= item.segment.segment.size();
    if (lane->second.items.empty()) {
        m_lanes.erase(lane);
    } else {
        m_turns.push_back(of);
    }
    return item;
}

std::size_t Intake::queuedBytes(const base::DeviceId& device) const {
    auto lane = m_lanes.find(device);
    return lane == m_lanes.end() ? 0 : lane->second.bytes;
}

void Intake::push(std::uint64_t session, const base::DeviceId& device, session::Pushed segment) {
    Item item;
    item.session = session;
    item.device = device;
    item.segment = std::move(segment);
    enqueue(device, std::move(item));
}

void Intake::introduce(std::uint64_t session, const base::ExchangeKey& peer,
                       session::Pushed segment) {
    Item item;
    item.kind = Kind::Introduce;
    item.session = session;
    item.peer = peer;
    item.segment = std::move(segment);
    enqueue(base::DeviceId::from(peer.view()), std::move(item));
}

void Intake::found(std::uint64_t session, const base::ExchangeKey& peer, const base::Hash& mac,
                   session::Pushed segment) {
    Item item;
    item.kind = Kind::Found;
    item.session = session;
    item.peer = peer;
    item.mac = mac;
    item.segment = std::move(segment);
    enqueue(base::DeviceId::from(peer.view()), std::move(item));
}

void Intake::heard(const base::DeviceId& device) {
    if (m_register.isHearDue(device)) m_heard.insert(device);
}

Result<std::optional<wire::Refused>> Intake::closed() {
    using wire::RefusedReason;
    CHECK_OK(m_register.refresh());
    std::optional<wire::Refused> out;
    if (!m_register.contradictions().empty()) {
        out = refusal(RefusedReason::Recovering,
                      "it has signed two histories, and whoever runs it must decide");
    } else if (m_register.isRecovering()) {
        out = refusal(RefusedReason::Recovering, reasonOf(*m_register.restored()));
    } else if (!m_register.isClockTrusted()) {
        out = refusal(RefusedReason::Paused,
                      "its clock has jumped, and whoever runs it must look at it first");
    } else if (isDiskClosed()) {
        out = refusal(RefusedReason::Paused, "its disk is full, or fails");
    }
    m_closedBecause = out ? out->text : std::string();
    return out;
}

/// A disk without room says so; one that refuses in another way (a quota, a limit, a fault) is
/// tried again after a while.
bool Intake::isDiskClosed() {
    auto room = m_register.hasRoom();
    if (!room || !*room) return true;
    if (!m_diskFailedAt) return false;
    if (m_clock.monotonicMs() - *m_diskFailedAt < base::limits::kDiskRetryMs) return true;
    m_diskFailedAt.reset();
    return false;
}

/// A device that was revoked hears that, and no other reason for which it has to wait.
std::optional<wire::Refused> Intake::verdictWhileClosed(const Item& item,
                                                        const wire::Refused& closed) {
    const domain::Device* device =
        item.kind == Kind::Push ? m_register.directory().directory().device(item.device) : nullptr;
    bool isRevoked = device != nullptr && device->revokedSince;
    return isRevoked ? revoked() : closed;
}

/// The disk has refused. What was under way is gone or kept, nobody knows yet; the senders still
/// have it.
Status Intake::recover(const base::Error& error) {
    if (error.code != Code::Io) return tl::unexpected(error);
    m_diskFailedAt = m_clock.monotonicMs();
    return m_register.recover();
}

Status Intake::writeHeard() {
    for (const base::DeviceId& device : m_heard) CHECK_OK(m_register.hear(device));
    m_heard.clear();
    return {};
}

Result<session::ServerPort::Examined> Intake::examine(const ledger::Head& head) {
    TRY(Examined examined, m_register.examine(head));
    bool hasLost =
        examined.standing == Standing::Longer || examined.standing == Standing::Contradicts;
    if (hasLost) CHECK_OK(m_register.beginRecovery());
    return examined;
}

bool Intake::reserveReturned(std::size_t bytes) {
    if (m_returnedBytes + bytes > base::limits::kReturnedBytesTotalMax) return false;
    m_returnedBytes += bytes;
    return true;
}

void Intake::takeBack(std::uint64_t session, const base::ExchangeKey& peer,
                      const ledger::Head& head, std::uint64_t first,
                      std::vector<base::ByteView> records,
                      std::vector<std::shared_ptr<void>> storage) {
    Item item;
    item.kind = Kind::TakeBack;
    item.session = session;
    item.returned = Returned{head, first, std::move(records), std::move(storage)};
    enqueue(base::DeviceId::from(peer.view()), std::move(item));
}

void Intake::takeFormer(std::uint64_t session, const base::ExchangeKey& peer, FormerTail tail) {
    Item item;
    item.kind = Kind::TakeFormer;
    item.session = session;
    item.former = std::move(tail);
    enqueue(base::DeviceId::from(peer.view()), std::move(item));
}

Result<bool> Intake::run(const Settled& settled) {
    if (isIdle()) return false;
    TRY(std::optional<wire::Refused> shut, closed());
    std::vector<std::pair<std::uint64_t, Taken>> verdicts;
    const std::uint32_t charterBefore = charterVersion();
    auto work = [&]() -> Status {
        while (!m_lanes.empty() && m_register.stagedEntries() < base::limits::kCommitEntriesMax &&
               verdicts.size() < kCommitSegmentsMax) {
            Item item = next();
            verdicts.emplace_back(item.session, Taken());
            Taken& verdict = verdicts.back().second;
            bool comesBack = item.kind == Kind::TakeBack || item.kind == Kind::TakeFormer;
            bool isHistory = item.kind == Kind::TakeBack;  // and nothing new
            if (shut && !(isHistory && shut->reason == wire::RefusedReason::Recovering)) {
                verdict = verdictWhileClosed(item, *shut);
            } else {
                // What comes back commits by itself.
                if (comesBack) CHECK_OK(m_register.commit());
                TRY(verdict, admit(item));
                if (item.kind == Kind::TakeFormer) CHECK_OK(m_register.commit());
            }
        }
        // A server that recovers has to know who was heard since its backup.
        bool mayWrite = !shut || shut->reason == wire::RefusedReason::Recovering;
        if (mayWrite && !isDiskClosed() && m_register.isClockTrusted()) CHECK_OK(writeHeard());
        m_heard.clear();
        return m_register.commit();
    };
    if (auto worked = work(); !worked) {
        CHECK_OK(recover(worked.error()));
        TRY(shut, closed());
        for (auto& [session, verdict] : verdicts) {
            if (!verdict) verdict = shut;
        }
    }
    if (charterBefore != 0 && charterVersion() != charterBefore && m_identity.onCharter)
        m_identity.onCharter(m_register.directory().directory().charter());
    for (auto& [session, taken] : verdicts) settled(session, std::move(taken));
    return true;
}

Intake::Verdict Intake::admitReturned(const Returned& returned) {
    auto taken = m_register.takeBack(
        returned.head, returned.first, returned.records,
        [this](const domain::Charter& charter) { return !faultOfServerKeys(charter); });
    if (taken) return Taken();
    if (isOwnFault(taken.error().code)) return tl::unexpected(taken.error());
    if (taken.error().code == Code::Forked) {
        CHECK_OK(contradicts(returned.head));
        return refusal(wire::RefusedReason::Forked, taken.error().message);
    }
    return malformed(taken.error());
}

Intake::Verdict Intake::admitFormer(const FormerTail& tail) {
    auto taken = m_register.takeFormer(
        tail, [this](const domain::Charter& charter) { return !faultOfServerKeys(charter); });
    if (taken) return Taken();
    if (isOwnFault(taken.error().code)) return tl::unexpected(taken.error());
    if (taken.error().code == Code::Limit)
        return refusal(wire::RefusedReason::QuarantineFull, taken.error().message);
    return malformed(taken.error());
}

std::uint32_t Intake::charterVersion() const {
    const domain::Directory& directory = m_register.directory().directory();
    return directory.hasGenesis() ? directory.charter().version : 0;
}

std::optional<std::string> Intake::faultOfDirectoryEntries(const base::DeviceId& sender,
                                                           std::span<const ledger::Entry> entries) {
    const domain::Directory& directory = m_register.directory().directory();
    for (const ledger::Entry& entry : entries) {
        auto changes = session::directoryChanges(entry);
        if (!changes) return changes.error().message;
        if (changes->empty()) return "an entry that says nothing";
        for (const domain::Change& change : *changes) {
            if (auto reason = directory.reasonNotAdmitted(sender, change, m_clock.nowMs()))
                return reason;
            auto* charter = std::get_if<domain::SignedCharter>(&change);
            bool willHold = charter != nullptr && !directory.authority().faultOf(change);
            if (!willHold) continue;
            if (auto reason = faultOfServerKeys(charter->content)) return reason;
        }
    }
    return {};
}

/// A charter that names keys which this server does not hold would lock everybody out.
std::optional<std::string> Intake::faultOfServerKeys(const domain::Charter& charter) {
    std::optional<crypto::SigningKey> key;
    if (m_identity.headKeyOf) key = m_identity.headKeyOf(charter);
    if (!key) {
        return "the charter names keys that this server does not hold; run thongsuot-server "
               "rotate-key there and make the charter with its token";
    }
    m_register.addHeadKey(*key);
    return {};
}

Intake::Verdict Intake::admit(const Item& item) {
    if (item.kind == Kind::TakeBack) return admitReturned(*item.returned);
    if (item.kind == Kind::TakeFormer) return admitFormer(*item.former);
    auto segment = ledger::parseSegment(item.segment.segment);
    if (!segment) return malformed(segment.error());
    switch (item.kind) {
        case Kind::Push:
            return admitPush(item.device, *segment);
        case Kind::Introduce:
            return admitIntroduction(item.peer, *segment);
        case Kind::Found:
            return admitGenesis(item, *segment);
        case Kind::TakeBack:
        case Kind::TakeFormer:
            break;  // no segment
    }
    return refusal(wire::RefusedReason::Malformed, "an unknown request");
}

Intake::Verdict Intake::append(const ledger::Segment& segment, const reg::Register::Admit& rights) {
    using Appended = reg::Register::Appended;
    auto appended = m_register.append(segment, rights);
    if (!appended) {
        const base::Error& error = appended.error();
        if (isOwnFault(error.code)) return tl::unexpected(error);
        bool noRight = error.code == Code::NotPermitted;
        return refusal(noRight ? wire::RefusedReason::NoRight : wire::RefusedReason::Malformed,
                       error.message);
    }
    if (*appended == Appended::Forked)
        return refusal(wire::RefusedReason::Forked, "other work is held under this chain");
    if (*appended != Appended::Gap) return Taken();
    wire::Refused gap = refusal(wire::RefusedReason::Gap, "earlier entries are missing");
    gap.scope = segment.chain.scope;
    TRY(gap.nextSeq, m_register.nextSeq(segment.chain));
    return gap;
}

Intake::Verdict Intake::admitPush(const base::DeviceId& sender, const ledger::Segment& segment) {
    const domain::Directory& directory = m_register.directory().directory();
    const domain::Device* device = directory.device(sender);
    bool isOwn = segment.chain.device == sender;
    if (device == nullptr || device->revokedSince)
        return isOwn ? quarantine(segment, reg::QuarantineReason::Revoked) : revoked();
    if (!isOwn) return refusal(wire::RefusedReason::NoRight, "entries of another device");
    const base::ScopeId& scope = segment.chain.scope;
    bool isDirectory = scope == directory.directoryScopeId();
    if (!isDirectory && !directory.mayAppend(sender, scope, directory.size()))
        return quarantine(segment, reg::QuarantineReason::NoRight);
    const bool isBound = !directory.isProvinceUnit(device->unit);
    if (isBound) {
        if (auto full = m_quotas.reasonAgainst(sender, device->unit, segment))
            return refusal(wire::RefusedReason::Paused, *full);
    }
    auto verdict = append(segment, [&](std::span<const ledger::Entry> entries) {
        return isDirectory ? faultOfDirectoryEntries(sender, entries)
                           : faultOfUnitEntries(directory, scope, entries);
    });
    if (isBound && verdict && !*verdict) m_quotas.count(sender, device->unit, segment);
    return verdict;
}

/// What its sender may not have ordered: kept apart, if it can be verified and there is room. The
/// sender keeps it in any case.
Intake::Verdict Intake::quarantine(const ledger::Segment& segment, reg::QuarantineReason why) {
    auto kept = m_register.quarantine(segment, why);
    if (!kept && isOwnFault(kept.error().code)) return tl::unexpected(kept.error());
    if (why == reg::QuarantineReason::Revoked) return revoked();
    if (!kept) return malformed(kept.error());
    if (*kept == reg::Register::Quarantining::Full)
        return refusal(wire::RefusedReason::QuarantineFull,
                       "there is no room for what has no right");
    return refusal(wire::RefusedReason::NoRight,
                   "the device has no right to write in this unit's ledger");
}

Intake::Verdict Intake::admitIntroduction(const base::ExchangeKey& peer,
                                          const ledger::Segment& segment) {
    const domain::Directory& directory = m_register.directory().directory();
    if (!directory.hasGenesis())
        return refusal(wire::RefusedReason::Unknown, "no province lives here yet");
    auto said = introductionIn(segment);
    if (!said) return malformed(said.error());
    const domain::DeviceEnrolled& enrolled = said->enrolled;
    if (segment.chain.scope != directory.directoryScopeId() || enrolled.exchangeKey != peer) {
        return refusal(wire::RefusedReason::Malformed, "the introduction names another device");
    }
    const domain::Device* known = directory.device(segment.chain.device);
    if (known != nullptr && known->exchangeKey == peer)
        return Taken();  // its answer was lost: it is enrolled
    domain::DirectoryAuthor author;
    author.position = directory.size();
    author.arrival = std::max(m_clock.nowMs(), static_cast<base::TimeMs>(m_register.lastArrival()));
    author.device = segment.chain.device;
    author.incarnation = segment.chain.incarnation;
    std::string reason;
    using Enrolment = domain::Directory::EnrolmentFault;
    const Enrolment fault = said->invited
                                ? directory.faultOf(author, *said->invited, enrolled, reason)
                                : directory.faultOf(author, enrolled, reason);
    switch (fault) {
        case Enrolment::None:
            break;
        case Enrolment::UnknownInvitation:
            return refusal(wire::RefusedReason::Invitation, reason);
        case Enrolment::Used:
            return refusal(wire::RefusedReason::Used, reason);
        case Enrolment::Expired:
            return refusal(wire::RefusedReason::Expired, reason);
        case Enrolment::Invalid:
            return refusal(wire::RefusedReason::Malformed, reason);
    }
    return append(segment, admitAll);
}

Intake::Verdict Intake::admitGenesis(const Item& item, const ledger::Segment& segment) {
    auto genesis = genesisIn(segment);
    if (!genesis) return malformed(genesis.error());
    base::ProvinceId province = domain::provinceIdOf(genesis->body);
    const domain::Directory& directory = m_register.directory().directory();
    if (directory.hasGenesis()) {
        bool same =
            directory.province() == province && directory.genesis().exchangeKey == item.peer;
        return same ? Verdict(Taken())
                    : refusal(wire::RefusedReason::NotEmpty, "a province lives here already");
    }
    base::Hash mac = m_identity.bootstrap.mac(province);
    if (!crypto::equalConstantTime(mac.view(), item.mac.view())) {
        return refusal(wire::RefusedReason::NotEmpty, "the bootstrap token is not this server's");
    }
    const domain::Genesis& g = genesis->content;
    if (g.exchangeKey != item.peer || g.charter.noiseKey != m_identity.noiseKey ||
        g.charter.headKey != m_identity.headKey ||
        segment.chain.scope != domain::directoryScope(province)) {
        return refusal(wire::RefusedReason::Malformed, "genesis names another server or device");
    }
    domain::Directory trial;
    domain::DirectoryAuthor author;
    author.device = segment.chain.device;
    author.incarnation = segment.chain.incarnation;
    if (auto reason = trial.apply(author, *genesis))
        return refusal(wire::RefusedReason::Malformed, *reason);
    return append(segment, admitAll);
}

Result<Bytes> Intake::genesisAnswer() const {
    return authorityAnswer(0);
}

Result<Bytes> Intake::authorityAnswer(std::uint32_t afterVersion) const {
    const domain::Directory& directory = m_register.directory().directory();
    if (!directory.hasGenesis())
        return base::fail(base::Code::NotFound, "no province lives on this server yet");
    std::uint32_t last = 0;
    return wire::encodeBody(directory.authority().changesAfter(afterVersion, last));
}

}  // namespace intake
