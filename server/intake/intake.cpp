#include "intake/intake.h"
#include "base/limits.h"
#include "wire/body.h"
#include "wire/compress.h"

namespace intake {
namespace {

using Verdict = std::optional<wire::Refused>;

wire::Refused refusal(wire::RefusedReason reason, std::string text) {
    wire::Refused out;
    out.reason = reason;
    out.text = std::move(text);
    return out;
}

/// The single change of a segment that holds exactly one entry, the first of its chain.
template <class T>
Result<T> onlyChange(const ledger::Segment& segment) {
    auto malformed = [] { return base::fail(base::Code::Malformed, "not a single first entry"); };
    if (segment.entries.size() != 1 || segment.firstSeq != 0) return malformed();
    ledger::ChainState start;
    TRY(ledger::Entry entry, ledger::advance(start, segment.entries[0]));
    TRY(std::vector<domain::Change> changes, session::directoryChanges(entry));
    if (changes.size() != 1 || !std::holds_alternative<T>(changes[0])) return malformed();
    return std::get<T>(std::move(changes[0]));
}

wire::Refused malformed(const base::Error& error) {
    return refusal(wire::RefusedReason::Malformed, error.message);
}

}  // namespace

void Intake::push(std::uint64_t session, const base::DeviceId& device, session::Pushed segment) {
    Item item;
    item.session = session;
    item.device = device;
    item.segment = std::move(segment);
    m_queue.push_back(std::move(item));
}

void Intake::introduce(std::uint64_t session, const base::ExchangeKey& peer,
                       session::Pushed segment) {
    Item item;
    item.kind = Kind::Introduce;
    item.session = session;
    item.peer = peer;
    item.segment = std::move(segment);
    m_queue.push_back(std::move(item));
}

void Intake::found(std::uint64_t session, const base::ExchangeKey& peer, const base::Hash& mac,
                   session::Pushed segment) {
    Item item;
    item.kind = Kind::Found;
    item.session = session;
    item.peer = peer;
    item.mac = mac;
    item.segment = std::move(segment);
    m_queue.push_back(std::move(item));
}

Result<bool> Intake::run(const Settled& settled) {
    if (m_queue.empty()) return false;
    std::vector<std::pair<std::uint64_t, Verdict>> verdicts;
    while (!m_queue.empty() && m_register.stagedEntries() < base::limits::kCommitEntriesMax) {
        Item item = std::move(m_queue.front());
        m_queue.pop_front();
        verdicts.emplace_back(item.session, admit(item));
    }
    CHECK_OK(m_register.commit());
    for (auto& [session, verdict] : verdicts) settled(session, std::move(verdict));
    return true;
}

Verdict Intake::admit(const Item& item) {
    switch (item.kind) {
        case Kind::Push:
            return admitPush(item);
        case Kind::Introduce:
            return admitIntroduction(item);
        case Kind::Found:
            return admitGenesis(item);
    }
    return refusal(wire::RefusedReason::Malformed, "an unknown request");
}

Verdict Intake::append(const Item& item, const reg::Register::Admit& rights) {
    std::uint64_t nextSeq = 0;
    auto appended = m_register.append(item.segment.segment, rights, nextSeq);
    if (!appended) {
        bool noRight = appended.error().code == base::Code::NotPermitted;
        return refusal(noRight ? wire::RefusedReason::NoRight : wire::RefusedReason::Malformed,
                       appended.error().message);
    }
    switch (*appended) {
        case reg::Register::Appended::Yes:
        case reg::Register::Appended::Duplicate:
            return {};
        case reg::Register::Appended::Forked:
            return refusal(wire::RefusedReason::Forked, "other work is held under this chain");
        case reg::Register::Appended::Gap:
            break;
    }
    wire::Refused gap = refusal(wire::RefusedReason::Gap, "earlier entries are missing");
    gap.nextSeq = nextSeq;
    if (auto segment = ledger::parseSegment(item.segment.segment)) gap.scope = segment->chain.scope;
    return gap;
}

Verdict Intake::admitPush(const Item& item) {
    auto segment = ledger::parseSegment(item.segment.segment);
    if (!segment) return malformed(segment.error());
    const domain::Directory& directory = m_register.directory().directory();
    const domain::Device* device = directory.device(item.device);
    if (device == nullptr || device->revokedSince)
        return refusal(wire::RefusedReason::Revoked, "revoked device");
    if (segment->chain.device != item.device) {
        return refusal(wire::RefusedReason::NoRight, "entries of another device");
    }
    const base::ScopeId& scope = segment->chain.scope;
    if (scope == directory.directoryScopeId()) {
        return append(
            item, [&](std::span<const ledger::Entry> entries) -> std::optional<std::string> {
                for (const ledger::Entry& entry : entries) {
                    auto changes = session::directoryChanges(entry);
                    if (!changes) return changes.error().message;
                    for (const domain::Change& change : *changes) {
                        if (auto reason = directory.reasonNotAdmitted(item.device, change))
                            return reason;
                    }
                }
                return {};
            });
    }
    if (!directory.mayAppend(item.device, scope, directory.size())) {
        return refusal(wire::RefusedReason::NoRight,
                       "the device has no right to write in this unit's ledger");
    }
    std::uint32_t newest = directory.newestKeyVersion(scope, directory.size());
    return append(item, [&](std::span<const ledger::Entry> entries) -> std::optional<std::string> {
        for (const ledger::Entry& entry : entries) {
            if (entry.header.keyVersion == 0 || entry.header.keyVersion > newest) {
                return "an entry under a key version that the directory does not know";
            }
            if (entry.header.dictionary > wire::kDictionaryNewest)
                return "an entry with an unknown dictionary";
        }
        return {};
    });
}

Verdict Intake::admitIntroduction(const Item& item) {
    const domain::Directory& directory = m_register.directory().directory();
    if (!directory.hasGenesis())
        return refusal(wire::RefusedReason::Unknown, "no province lives here yet");
    auto segment = ledger::parseSegment(item.segment.segment);
    if (!segment) return malformed(segment.error());
    auto enrolled = onlyChange<domain::DeviceEnrolled>(*segment);
    if (!enrolled) return malformed(enrolled.error());
    if (segment->chain.scope != directory.directoryScopeId() ||
        enrolled->exchangeKey != item.peer) {
        return refusal(wire::RefusedReason::Malformed, "the introduction names another device");
    }
    const domain::Device* known = directory.device(segment->chain.device);
    if (known != nullptr && known->exchangeKey == item.peer)
        return {};  // its answer was lost: it is enrolled
    domain::DirectoryAuthor author;
    author.position = directory.size();
    author.arrival = std::max(m_clock.nowMs(), static_cast<base::TimeMs>(m_register.lastArrival()));
    author.device = segment->chain.device;
    author.incarnation = segment->chain.incarnation;
    std::string reason;
    using Fault = domain::Directory::EnrolmentFault;
    switch (directory.faultOf(author, *enrolled, reason)) {
        case Fault::None:
            break;
        case Fault::UnknownInvitation:
            return refusal(wire::RefusedReason::Invitation, reason);
        case Fault::Used:
            return refusal(wire::RefusedReason::Used, reason);
        case Fault::Expired:
            return refusal(wire::RefusedReason::Expired, reason);
        case Fault::Invalid:
            return refusal(wire::RefusedReason::Malformed, reason);
    }
    return append(item,
                  [](std::span<const ledger::Entry>) { return std::optional<std::string>(); });
}

Verdict Intake::admitGenesis(const Item& item) {
    auto segment = ledger::parseSegment(item.segment.segment);
    if (!segment) return malformed(segment.error());
    auto genesis = onlyChange<domain::SignedGenesis>(*segment);
    if (!genesis) return malformed(genesis.error());
    base::ProvinceId province = domain::provinceIdOf(genesis->body);
    const domain::Directory& directory = m_register.directory().directory();
    if (directory.hasGenesis()) {
        bool same =
            directory.province() == province && directory.genesis().exchangeKey == item.peer;
        return same ? Verdict()
                    : refusal(wire::RefusedReason::NotEmpty, "a province lives here already");
    }
    base::Hash mac = m_identity.bootstrap.mac(province);
    if (!crypto::equalConstantTime(mac.view(), item.mac.view())) {
        return refusal(wire::RefusedReason::NotEmpty, "the bootstrap token is not this server's");
    }
    const domain::Genesis& g = genesis->content;
    if (g.exchangeKey != item.peer || g.charter.noiseKey != m_identity.noiseKey ||
        g.charter.headKey != m_identity.headKey ||
        segment->chain.scope != domain::directoryScope(province)) {
        return refusal(wire::RefusedReason::Malformed, "genesis names another server or device");
    }
    domain::Directory trial;
    domain::DirectoryAuthor author;
    author.device = segment->chain.device;
    author.incarnation = segment->chain.incarnation;
    if (auto reason = trial.apply(author, *genesis))
        return refusal(wire::RefusedReason::Malformed, *reason);
    return append(item,
                  [](std::span<const ledger::Entry>) { return std::optional<std::string>(); });
}

Result<Bytes> Intake::genesisAnswer() const {
    if (m_register.rootChanges().empty()) {
        return base::fail(base::Code::NotFound, "no province lives on this server yet");
    }
    return wire::encodeBody(m_register.rootChanges());
}

Result<Bytes> Intake::authorityAnswer(std::uint32_t afterVersion) const {
    std::vector<domain::Change> out;
    for (const domain::Change& change : m_register.rootChanges()) {
        auto* charter = std::get_if<domain::SignedCharter>(&change);
        auto* authority = std::get_if<domain::SignedAuthoritySet>(&change);
        if ((charter != nullptr && charter->content.version > afterVersion) ||
            (authority != nullptr && authority->content.version > afterVersion)) {
            out.push_back(change);
        }
    }
    return wire::encodeBody(out);
}

}  // namespace intake
