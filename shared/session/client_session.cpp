#include "session/client_session.h"
#include <algorithm>
#include "base/limits.h"

namespace session {

using base::Bytes;
using base::Code;
using base::fail;

Result<Bytes> ClientSession::start() {
    if (m_purpose == Purpose::GiveBack) {
        TRY(Bytes bytes, m_port.directoryHead());
        TRY(ledger::Head head, ledger::Head::decode(bytes));
        m_toShow.push_back({head.scope, head.size, bytes, false, {}, 0});
        m_isReturning = m_isShown = true;
        return wire::encode(wire::ClientMessage(wire::Show{bytes}));
    }
    TRY(wire::Hello hello, m_port.hello());
    m_willPush = hello.pendingEntries > 0;
    m_mayPush = hello.pushFollows;
    m_mayOweLedgers = !hello.digest.empty();
    return wire::encode(wire::ClientMessage(hello));
}

Status ClientSession::onMessage(ByteView bytes) {
    if (m_finished) return fail(Code::Malformed, "the server went on after the end of the session");
    TRY(auto decoded, wire::decodeServerMessage(bytes));
    if (std::holds_alternative<wire::Same>(decoded.message)) {
        if (m_willPush)
            return fail(Code::Malformed, "the server takes for equal what it has not received");
        m_finished = true;
        return m_port.finished();
    }
    if (auto* answer = std::get_if<wire::Answer>(&decoded.message)) return onAnswer(*answer);
    if (auto* batch = std::get_if<wire::Batch>(&decoded.message)) return onBatch(*batch);
    if (auto* wanted = std::get_if<wire::Wanted>(&decoded.message)) return onWanted(*wanted);
    if (auto* one = std::get_if<wire::Quarantined>(&decoded.message))
        return m_port.quarantined(*one);
    if (auto* refused = std::get_if<wire::Refused>(&decoded.message)) {
        m_refusal = refused->reason;
        if (m_isReturning && refused->reason == wire::RefusedReason::Forked) {
            return fail(Code::Forked,
                        "The server was put back to an older state and has signed something else "
                        "since. Nothing is lost: what it signed before is kept here. Tell the "
                        "office; the server's operator must decide.");
        }
        if (m_isFollowing && refused->reason == wire::RefusedReason::QuarantineFull) {
            return fail(Code::Refused,
                        "The server has no room left for work that it had received before its "
                        "restore and that has no place in its ledgers now. Everything is kept "
                        "here; tell the server's operator.");
        }
        if (refused->reason == wire::RefusedReason::Forked) return m_port.forked();
        if (refused->reason == wire::RefusedReason::Revoked)
            CHECK_OK(m_port.parcelKept(refused->chains, refused->held));
        return tl::unexpected<base::Error>(errorOf(*refused));
    }
    if (std::holds_alternative<wire::Finished>(decoded.message)) {
        if (m_willPush && !m_doneSent)
            return fail(Code::Malformed, "the server ended before everything was sent");
        if (m_isReturning && !m_doneSent)
            return fail(Code::Malformed, "the server ended before it had everything back");
        m_finished = true;
        if (!m_isReturning) return m_port.finished();
        // Whatever could not be shown any more in this session is shown by the next one.
        m_hasFollowed = m_isFollowing && m_toShow.empty() && m_purpose == Purpose::Sync;
        return m_hasFollowed ? m_port.follow(m_common) : Status();
    }
    return fail(Code::Malformed, "the server answered out of turn");
}

/// The server had signed two histories and says with which it goes on. What this side holds of the
/// other goes back to it, and nothing else happens in this session.
Status ClientSession::onEpoch(const wire::Answer& answer) {
    if (m_isFollowing) return fail(Code::Malformed, "the server answered out of turn");
    // Where it goes on from an older copy, it may know fewer charters.
    CHECK_OK(m_port.learnAuthority(0, answer.authority));
    CHECK_OK(m_port.learnEpoch(answer.epoch));
    m_isFollowing = m_isReturning = true;
    m_isShown = false;
    m_toShow.clear();
    TRY(auto former, m_port.formerLedgers(answer.ledgers));
    for (ClientPort::FormerLedger& one : former) {
        if (m_purpose == Purpose::GiveBack && !m_toShow.empty()) break;  // the directory alone
        Shown shown{one.scope, one.size, std::move(one.head), false, std::move(one.samples), 0};
        m_toShow.push_back(std::move(shown));
    }
    return {};
}

Status ClientSession::onAnswer(const wire::Answer& answer) {
    m_mayOweLedgers = false;
    if (!answer.epoch.empty()) return onEpoch(answer);
    std::vector<const wire::LedgerAnswer*> others;
    TRY(const Bytes directoryHead, m_port.directoryHead());
    bool hasLostDirectory = false;
    for (const wire::LedgerAnswer& one : answer.ledgers) {
        TRY(std::optional<Bytes> head, m_port.headToShow(one.state));
        if (!head) {
            others.push_back(&one);
            continue;
        }
        hasLostDirectory = hasLostDirectory || *head == directoryHead;
        TRY(ledger::Head shown, ledger::Head::decode(*head));
        m_toShow.push_back({shown.scope, shown.size, std::move(*head), false, {}, 0});
        if (one.state.size >= shown.size) continue;  // the server sees by itself what differs
        TRY(m_toShow.back().parting, m_port.partingAt(one.state));
        if (m_toShow.back().parting) m_toShow.back().former.emplace();
    }
    // A server that has lost the directory may have lost its newest charter too.
    const bool maySayLess = hasLostDirectory || answer.needLedgers;
    CHECK_OK(m_port.learnAuthority(maySayLess ? 0 : answer.charterVersion, answer.authority));
    if (answer.needLedgers) {
        m_owesLedgers = true;
        return {};
    }
    for (const wire::LedgerAnswer* one : others) CHECK_OK(m_port.learnTip(*one));
    if (answer.isRevoked) CHECK_OK(m_port.beginParcel(answer.chains));
    m_isReturning = m_isReturning || !m_toShow.empty();
    m_mayPush = true;
    return {};
}

/// What the server lacks of the ledger that was shown last; nothing more once it has it all.
Status ClientSession::onWanted(const wire::Wanted& wanted) {
    bool isAwaited = m_isShown && !m_returns && wanted.scope == m_toShow.front().scope;
    if (!isAwaited) return fail(Code::Malformed, "the server answered out of turn");
    Shown& shown = m_toShow.front();
    if (shown.former) {
        const auto& samples = *shown.former;
        bool isBoundary = wanted.common == 0 ||
                          std::any_of(samples.begin(), samples.end(),
                                      [&](const auto& s) { return s.size == wanted.common; });
        bool fits = isBoundary && wanted.common <= wanted.from &&
                    (!shown.isGivenBack || wanted.common == shown.common);
        if (!fits) return fail(Code::Malformed, "the server names another history than before");
        shown.common = wanted.common;
        m_common[shown.scope] = wanted.common;
    }
    if (wanted.from < shown.size && !shown.isGivenBack) {
        m_returns = wanted.from;
        return {};
    }
    if (wanted.from != shown.size)
        return fail(Code::Malformed, "the server asks for what it was given");
    m_toShow.pop_front();
    m_isShown = false;
    return {};
}

/// Shows head after head, and gives back what each of them brings to light.
Result<std::optional<ClientSession::Outgoing>> ClientSession::produceReturn() {
    using Some = std::optional<Outgoing>;
    if (m_doneSent) return Some();
    if (m_toShow.empty()) {
        m_doneSent = true;
        return Some({wire::encode(wire::ClientMessage(wire::Done{})), true, true});
    }
    Shown& shown = m_toShow.front();
    if (!m_isShown && shown.former) {
        m_isShown = true;
        wire::Former former{shown.head, *shown.former};
        if (shown.parting) {
            former.size = shown.parting->size;
            former.root = shown.parting->root;
            former.proof = shown.parting->proof;
        }
        return Some({wire::encode(wire::ClientMessage(former)), false, true});
    }
    if (!m_isShown) {
        m_isShown = true;
        return Some({wire::encode(wire::ClientMessage(wire::Show{shown.head})), false, true});
    }
    if (!m_returns) return Some();
    TRY(ClientPort::Records records, m_port.recordsFrom(shown.scope, *m_returns));
    wire::GiveBack message{shown.scope, *m_returns, {}, {}, {}};
    for (const Bytes& one : records.bytes) message.records.emplace_back(one);
    Bytes frontier;
    if (shown.former) {
        message.roots = std::move(records.roots);
        if (*m_returns == shown.common) {
            TRY(frontier, m_port.frontierAt(shown.scope, shown.common));
        }
        message.frontier = frontier;
    }
    m_counts.entriesReturned += records.end - *m_returns;
    m_returns = records.end;
    if (records.end >= shown.size) {
        m_returns.reset();  // the server says when it has stored them
        shown.isGivenBack = true;
    }
    return Some({wire::encode(wire::ClientMessage(message)), false, false});
}

Status ClientSession::onBatch(const wire::Batch& batch) {
    CHECK_OK(m_port.ingest(batch));
    for (const wire::RecordItem& item : batch.records) {
        if (auto* bytes = std::get_if<ByteView>(&item)) {
            auto record = ledger::parseRecord(*bytes);
            if (record) m_counts.entriesDown += record->segment.entries.size();
        }
    }
    return {};
}

Result<std::optional<ClientSession::Outgoing>> ClientSession::produce() {
    using Some = std::optional<Outgoing>;
    if (m_finished) return Some();
    if (m_owesLedgers) {
        m_owesLedgers = false;
        TRY(auto ledgers, m_port.ledgers());
        return Some(
            {wire::encode(wire::ClientMessage(wire::Ledgers{std::move(ledgers)})), false, true});
    }
    if (m_isReturning) return produceReturn();
    if (!m_willPush || !m_mayPush || m_doneSent) return Some();
    if (!m_pushBegun) {
        m_pushBegun = true;
        CHECK_OK(m_port.beginPush());
    }
    std::vector<Bytes> segments;
    std::size_t size = 0;
    while (size < base::limits::kPushBytes) {
        TRY(std::optional<Bytes> segment, m_port.nextSegment());
        if (!segment) break;
        size += segment->size();
        auto parsed = ledger::parseSegment(*segment);
        if (parsed) m_counts.entriesUp += parsed->entries.size();
        segments.push_back(std::move(*segment));
    }
    if (segments.empty()) {
        if (m_mayOweLedgers) return Some();  // nothing may follow the last message
        m_doneSent = true;
        return Some({wire::encode(wire::ClientMessage(wire::Done{})), true, true});
    }
    wire::Push push;
    for (const Bytes& s : segments) push.segments.emplace_back(s);
    return Some({wire::encode(wire::ClientMessage(push)), false, false});
}

base::Error errorOf(const wire::Refused& refused) {
    switch (refused.reason) {
        case wire::RefusedReason::Unknown:
            return {Code::Refused,
                    "The server does not know this device. Ask the office for a new invitation."};
        case wire::RefusedReason::Revoked:
            return {Code::Refused,
                    "This device was revoked by the province; it can no longer send. What is on it "
                    "is kept."};
        case wire::RefusedReason::Forked:
            return {Code::Forked,
                    "The server holds other work under this device's name: was this profile copied "
                    "or restored? Nothing was lost; ask the office."};
        case wire::RefusedReason::TooOld:
            return {Code::Unsupported, "The server needs a newer version of this program."};
        case wire::RefusedReason::Invitation:
            return {Code::Refused,
                    "The server does not know this invitation. Has the office synchronised since "
                    "it was made? Ask the office, or check the code."};
        case wire::RefusedReason::Expired:
            return {
                Code::InvitationExpired,
                "This invitation has expired, or the office has withdrawn it. Ask the office for "
                "a new one."};
        case wire::RefusedReason::Used:
            return {Code::InvitationUsed,
                    "This invitation was used already: one invitation makes one device. Ask the "
                    "office for a new one."};
        case wire::RefusedReason::NotEmpty:
            return {Code::Refused,
                    "This server belongs to a province already, or the bootstrap token is not its "
                    "own."};
        case wire::RefusedReason::Gap:
            return {Code::Cut,
                    "The server is missing earlier work of this device; synchronise again."};
        case wire::RefusedReason::NoRight:
            return {Code::NotPermitted, "The server refused an entry: " + refused.text +
                                            ". It is kept on this device."};
        case wire::RefusedReason::QuarantineFull:
            return {Code::Refused,
                    "The server cannot take more from this device now. Everything is kept here; "
                    "ask the office."};
        case wire::RefusedReason::Recovering:
        case wire::RefusedReason::Paused:
            return {Code::ServerPaused,
                    "The server takes no new work for now: " + refused.text +
                        ". Nothing is lost: what waits is kept here, and a later sync sends it by "
                        "itself."};
        case wire::RefusedReason::Malformed:
            break;
    }
    return {Code::Refused, "The server refused: " + refused.text + "."};
}

namespace introduction {

Bytes introduce(ByteView segment) {
    return wire::encode(wire::ClientMessage(wire::Introduce{segment}));
}

Bytes found(const Hash& mac, ByteView segment) {
    return wire::encode(wire::ClientMessage(wire::Found{mac, segment}));
}

Status onAnswer(ByteView message) {
    TRY(auto decoded, wire::decodeServerMessage(message));
    if (std::holds_alternative<wire::Introduced>(decoded.message)) return {};
    if (auto* refused = std::get_if<wire::Refused>(&decoded.message)) {
        return tl::unexpected<base::Error>(errorOf(*refused));
    }
    return fail(Code::Malformed, "the server answered out of turn");
}

}  // namespace introduction

}  // namespace session
