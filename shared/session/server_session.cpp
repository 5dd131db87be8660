#include "session/server_session.h"
#include <algorithm>
#include <map>
#include "base/limits.h"
#include "wire/body.h"

namespace session {

using base::Bytes;
using base::Code;
using base::fail;

namespace {

bool sameLedgers(const wire::Hello& hello, const std::vector<wire::LedgerState>& own) {
    if (!hello.digest.empty()) {
        Hash digest = wire::digestOf(own);
        return base::copy(digest.view()) == hello.digest;
    }
    std::vector<wire::LedgerState> held = hello.ledgers;
    std::vector<wire::LedgerState> mine = own;
    std::erase_if(held, [](const auto& s) { return s.size == 0; });
    std::erase_if(mine, [](const auto& s) { return s.size == 0; });
    std::sort(held.begin(), held.end());
    std::sort(mine.begin(), mine.end());
    return held == mine;
}

/// The server's own store, no fault of the peer.
base::Error errorGap() {
    return {Code::Corrupt, "A stored ledger has a gap."};
}

}  // namespace

bool ServerSession::isKnown() const {
    return m_port.directory().directory().deviceOfExchangeKey(m_peer) != nullptr;
}

void ServerSession::refuse(wire::RefusedReason reason, std::string text) {
    if (m_ending || m_finished) return;
    wire::Refused refused;
    refused.reason = reason;
    refused.text = std::move(text);
    m_queue.push_back(wire::encode(wire::ServerMessage(refused)));
    m_ending = true;
}

Status ServerSession::onMessage(ByteView bytes) {
    if (m_ending || m_finished) return {};  // what was on its way when the session ended
    TRY(auto decoded, wire::decodeClientMessage(bytes));
    if (auto* introduce = std::get_if<wire::Introduce>(&decoded.message)) {
        if (m_introducing || m_device) return fail(Code::Malformed, "an introduction out of turn");
        m_introducing = true;
        m_port.introduce(m_number, m_peer, {introduce->segment, decoded.storage});
        return {};
    }
    if (auto* found = std::get_if<wire::Found>(&decoded.message)) {
        if (m_introducing || m_device) return fail(Code::Malformed, "genesis out of turn");
        m_introducing = true;
        m_port.found(m_number, m_peer, found->mac, {found->segment, decoded.storage});
        return {};
    }
    if (auto* hello = std::get_if<wire::Hello>(&decoded.message)) {
        if (m_device || m_introducing) return fail(Code::Malformed, "a second hello");
        return onHello(*hello);
    }
    if (!m_device) return fail(Code::Malformed, "a message before the hello");
    if (auto* push = std::get_if<wire::Push>(&decoded.message))
        return onPush(*push, bytes.size(), decoded.storage);
    if (std::holds_alternative<wire::Done>(decoded.message)) {
        m_peerDone = true;
        return {};
    }
    if (auto* ledgers = std::get_if<wire::Ledgers>(&decoded.message)) {
        if (!m_hasAsked || m_answered) return fail(Code::Malformed, "ledgers out of turn");
        return compare(ledgers->ledgers);
    }
    refuse(wire::RefusedReason::Recovering, "recovery is not available in this version");
    return {};
}

Status ServerSession::onHello(const wire::Hello& hello) {
    const domain::Directory& directory = m_port.directory().directory();
    const domain::Device* device = directory.deviceOfExchangeKey(m_peer);
    if (device == nullptr) {
        refuse(wire::RefusedReason::Unknown, "unknown device");
        return {};
    }
    if (device->revokedSince) {
        refuse(wire::RefusedReason::Revoked, "revoked device");
        return {};
    }
    m_device = device->id;
    m_hello = hello;
    m_told = hello.charterVersion;
    m_peerDone = hello.pendingEntries == 0;
    m_isGreetingDue = true;
    return {};
}

/// Compares what both hold, once nothing of this device is on its way into the ledgers any more: a
/// device that was cut off and is back at once would send it all again.
Status ServerSession::greet() {
    m_isGreetingDue = false;
    const domain::Directory& directory = m_port.directory().directory();
    const wire::Hello& hello = m_hello;
    std::vector<wire::LedgerState> own;
    for (const base::ScopeId& scope : directory.readableScopes(*m_device)) {
        TRY(wire::LedgerState state, m_port.state(scope));
        if (state.size > 0) own.push_back(state);
        m_cursors.push_back({scope, 0});
    }
    bool same = sameLedgers(hello, own);
    // Whoever knows another charter than this server has to hear of it.
    if (same && m_peerDone && hello.charterVersion == charterVersion()) {
        m_queue.push_back(wire::encode(wire::ServerMessage(wire::Same{})));
        m_ending = true;
        return {};
    }
    if (same) return compare(own);
    if (!hello.digest.empty()) {
        wire::Answer answer;
        answer.needLedgers = true;
        m_hasAsked = true;
        queueAnswer(std::move(answer));
        return {};
    }
    return compare(hello.ledgers);
}

Status ServerSession::compare(const std::vector<wire::LedgerState>& held) {
    std::map<base::ScopeId, wire::LedgerState> byScope;
    for (const wire::LedgerState& s : held) byScope[s.scope] = s;
    wire::Answer answer;
    for (Cursor& cursor : m_cursors) {
        TRY(wire::LedgerState own, m_port.state(cursor.scope));
        auto it = byScope.find(cursor.scope);
        wire::LedgerState theirs;
        theirs.scope = cursor.scope;
        if (it != byScope.end()) theirs = it->second;
        cursor.next = theirs.size;
        if (own == theirs || (own.size == 0 && theirs.size == 0)) continue;
        ledger::ChainId chain{cursor.scope, *m_device, m_hello.incarnation};
        TRY(ledger::ChainState state, m_port.chain(chain));
        answer.ledgers.push_back({own, state.nextSeq, state.nextSeq > 0 ? state.tip : Hash{}});
    }
    queueAnswer(std::move(answer));
    m_answered = true;
    return {};
}

std::uint32_t ServerSession::charterVersion() const {
    return m_port.directory().directory().authority().version();
}

/// With what of charters and authority sets the peer does not know yet, as far as a message holds.
void ServerSession::queueAnswer(wire::Answer answer) {
    answer.charterVersion = charterVersion();
    std::vector<domain::Change> changes =
        m_port.directory().directory().authority().changesAfter(m_told, m_told);
    Bytes body;
    if (!changes.empty()) body = wire::encodeBody(changes);
    answer.authority = body;
    m_queue.push_back(wire::encode(wire::ServerMessage(answer)));
}

Status ServerSession::onPush(const wire::Push& push, std::size_t messageBytes,
                             const std::shared_ptr<void>& storage) {
    if (m_peerDone) return fail(Code::Malformed, "a push after the end of pushing");
    std::size_t total = 0;
    for (ByteView segment : push.segments) total += segment.size();
    // The whole message is kept while one of its segments waits, and limits count segments.
    if (messageBytes > 2 * total + base::limits::kPushOverheadBytes)
        return fail(Code::Malformed, "a push that holds more than its segments");
    for (ByteView segment : push.segments) {
        m_unsettled.push_back(segment.size());
        m_unsettledBytes += segment.size();
        m_port.push(m_number, *m_device, {segment, storage});
    }
    return {};
}

void ServerSession::settled(std::optional<wire::Refused> refused) {
    if (m_introducing) {
        m_introducing = false;
        if (!refused) {
            m_queue.push_back(wire::encode(wire::ServerMessage(wire::Introduced{})));
            m_ending = true;
        }
    } else if (!m_unsettled.empty()) {
        m_unsettledBytes -= m_unsettled.front();
        m_unsettled.pop_front();
    }
    if (refused && !m_ending) {
        m_queue.push_back(wire::encode(wire::ServerMessage(*refused)));
        m_ending = true;
    }
}

Result<std::optional<ServerSession::Outgoing>> ServerSession::produce() {
    using Some = std::optional<Outgoing>;
    bool isRevoked = m_device && m_port.directory().directory().device(*m_device)->revokedSince;
    if (isRevoked && !m_ending && !m_finished) {
        m_queue.clear();
        refuse(wire::RefusedReason::Revoked, "revoked device");
    }
    if (m_isGreetingDue && !m_ending && !m_port.hasQueued(*m_device)) CHECK_OK(greet());
    // The heads of what follows are signed under the newest charter.
    if (m_answered && !m_ending && !m_finished && m_queue.empty() && m_told < charterVersion())
        queueAnswer({});
    if (!m_queue.empty()) {
        Bytes message = std::move(m_queue.front());
        m_queue.pop_front();
        bool last = m_ending && m_queue.empty();
        m_finished = last;
        return Some({std::move(message), last, true});
    }
    if (m_finished || m_ending || !m_answered) return Some();
    TRY(Some batch, nextBatch());
    if (batch) return batch;
    if (!m_peerDone || !m_unsettled.empty()) return Some();
    m_finished = true;
    return Some({wire::encode(wire::ServerMessage(wire::Finished{})), true, true});
}

Result<std::optional<ServerSession::Outgoing>> ServerSession::nextBatch() {
    for (Cursor& cursor : m_cursors) {
        TRY(std::optional<Outgoing> batch, batchFrom(cursor));
        if (batch) return batch;
    }
    return std::optional<Outgoing>();
}

Result<std::optional<ServerSession::Outgoing>> ServerSession::batchFrom(Cursor& cursor) {
    using Some = std::optional<Outgoing>;
    TRY(wire::LedgerState state, m_port.state(cursor.scope));
    if (state.size <= cursor.next) return Some();
    wire::Batch batch;
    batch.scope = cursor.scope;
    batch.first = cursor.next;
    std::vector<Bytes> kept;  // records that travel as bytes, until the message is encoded
    kept.reserve(base::limits::kBatchEntriesMax);
    std::size_t bytes = 0;
    std::uint64_t end = cursor.next;
    Hash root;
    CHECK_OK(m_port.read(
        cursor.scope, cursor.next, [&](const ServerPort::RecordView& view) -> Result<bool> {
            TRY(ledger::Record record, ledger::parseRecord(view.bytes));
            const ledger::ChainId& chain = record.segment.chain;
            if (view.first < end)
                return fail(Code::Malformed, "the peer's ledger does not end at a record boundary");
            if (view.first > end) return tl::unexpected(errorGap());
            bool own = chain.device == *m_device && chain.incarnation == m_hello.incarnation &&
                       record.at.firstArrival == record.at.arrival;
            if (own) {
                batch.records.push_back(
                    wire::OwnRecord{record.segment.firstSeq,
                                    static_cast<std::uint16_t>(record.segment.entries.size()),
                                    record.at.arrival, record.at.directorySize});
                bytes += 64;
            } else {
                kept.push_back(base::copy(view.bytes));
                batch.records.push_back(ByteView(kept.back()));
                bytes += view.bytes.size();
            }
            end = view.end;
            root = view.rootAfter;
            return end < state.size && end - batch.first < base::limits::kBatchEntriesMax &&
                   kept.size() + 1 < base::limits::kBatchEntriesMax &&
                   bytes < base::limits::kBatchBytesMax;
        }));
    if (end == cursor.next) return tl::unexpected(errorGap());
    TRY(Bytes head, m_port.signHead(cursor.scope, end, root));
    batch.head = head;
    cursor.next = end;
    return Some({wire::encode(wire::ServerMessage(batch)), false,
                 bytes < base::limits::kControlPaddingBytes});
}

}  // namespace session
