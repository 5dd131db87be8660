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

/// Of the server's day, not of what was sent: downloads go on.
bool isOfTheDay(wire::RefusedReason reason) {
    return reason == wire::RefusedReason::Recovering || reason == wire::RefusedReason::Paused;
}

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

ServerSession::~ServerSession() {
    releaseReturned();
}

bool ServerSession::isKnown() const {
    return m_hasShown || m_port.directory().directory().deviceOfExchangeKey(m_peer) != nullptr;
}

void ServerSession::refuse(wire::RefusedReason reason, std::string text) {
    wire::Refused refused;
    refused.reason = reason;
    refused.text = std::move(text);
    end(refused);
}

void ServerSession::end(const wire::Refused& refused) {
    if (m_ending || m_finished) return;
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
    if (auto* show = std::get_if<wire::Show>(&decoded.message)) return onShow(*show);
    if (auto* former = std::get_if<wire::Former>(&decoded.message)) return onFormer(*former);
    if (auto* given = std::get_if<wire::GiveBack>(&decoded.message))
        return onGiveBack(*given, bytes.size(), decoded.storage);
    if (m_hasShown && std::holds_alternative<wire::Done>(decoded.message)) {
        m_peerDone = true;
        m_isShowDue = false;
        m_answered = true;  // also where there was no hello, and so nothing to answer
        return {};
    }
    if (!m_device) return fail(Code::Malformed, "a message before the hello");
    if (auto* push = std::get_if<wire::Push>(&decoded.message))
        return onPush(*push, bytes.size(), decoded.storage);
    if (std::holds_alternative<wire::Done>(decoded.message)) {
        m_peerDone = m_hasSaidDone = true;  // perhaps before it heard what is missing here
        m_isShowDue = false;                // or while that was on its way
        return {};
    }
    if (auto* ledgers = std::get_if<wire::Ledgers>(&decoded.message)) {
        if (!m_hasAsked || m_answered) return fail(Code::Malformed, "ledgers out of turn");
        return m_isRevoked ? compareRevoked(ledgers->ledgers) : compare(ledgers->ledgers);
    }
    return fail(Code::Malformed, "a message out of turn");
}

bool ServerSession::mayShow() const {
    return !m_returning && !m_taking && !m_introducing && (!m_device || m_isShowDue);
}

void ServerSession::refuseNotOurs() {
    refuse(m_device ? wire::RefusedReason::Malformed : wire::RefusedReason::Unknown,
           "a head that this server has not signed");
}

void ServerSession::refuseTwoHistories() {
    refuse(wire::RefusedReason::Forked,
           "the server has signed two histories of one ledger; its operator must decide");
}

/// The peer holds more of a ledger than this server, or something else, under its own signature.
/// Its first message may be this, if the server does not know it any more.
Status ServerSession::onShow(const wire::Show& show) {
    if (!mayShow()) return fail(Code::Malformed, "a head out of turn");
    TRY(ledger::Head head, ledger::Head::decode(show.head));
    TRY(ServerPort::Examined examined, m_port.examine(head));
    using Standing = ServerPort::Standing;
    if (examined.standing == Standing::NotOurs) {
        refuseNotOurs();
        return {};
    }
    m_hasShown = true;
    if (examined.standing == Standing::Contradicts) {
        CHECK_OK(m_port.contradicts(head));
        refuseTwoHistories();
        return {};
    }
    // It has not heard of the epoch yet.
    if (examined.standing == Standing::Former) return leadOn({});
    wire::Wanted wanted{head.scope, head.size, 0};
    if (examined.standing == Standing::Longer) {
        wanted.from = examined.from;
        m_returning = Returning{{head, examined.from, {}, {}, {}, {}}, examined.from, false};
    }
    m_queue.push_back(wire::encode(wire::ServerMessage(wanted)));
    return {};
}

/// Whether a head that covers more than this server holds is proven to begin otherwise. A peer's
/// word for it would stop the server.
Result<bool> ServerSession::isOtherHistory(const ledger::Head& head, const wire::Former& former) {
    if (former.size == 0) return false;
    TRY(const wire::LedgerState own, m_port.state(head.scope));
    if (former.size > own.size) return false;
    TRY(std::optional<Hash> root, m_port.rootAt(head.scope, former.size));
    return root && *root != former.root &&
           ledger::verifyConsistency<ledger::LedgerHash>(former.size, head.size, former.root,
                                                         head.root, former.proof);
}

/// The peer is of an epoch that is over: it hears of the present one, gives back what it holds of
/// its own history, and goes over.
Status ServerSession::leadOn(wire::Answer answer) {
    TRY(const Bytes statement, m_port.epochStatement());
    if (statement.empty()) {
        TRY(auto closed, m_port.closed());
        refuse(wire::RefusedReason::Recovering,
               closed ? closed->text : "it lacks the statement of its epoch");
        return {};
    }
    answer.epoch = statement;
    queueAnswer(std::move(answer));
    return {};
}

/// A history that the peer holds under a head of an epoch that is over: what of it this server has
/// not ordered again is wanted.
Status ServerSession::onFormer(const wire::Former& former) {
    if (!mayShow()) return fail(Code::Malformed, "a head out of turn");
    TRY(ledger::Head head, ledger::Head::decode(former.head));
    TRY(ServerPort::Examined examined, m_port.examine(head));
    if (examined.standing == ServerPort::Standing::NotOurs) {
        refuseNotOurs();
        return {};
    }
    m_hasShown = true;
    using Standing = ServerPort::Standing;
    if (examined.standing == Standing::Longer) {
        TRY(const bool isOther, isOtherHistory(head, former));
        if (!isOther) return fail(Code::Malformed, "a history that is not shown to be another");
    }
    if (examined.standing == Standing::Longer || examined.standing == Standing::Contradicts) {
        CHECK_OK(m_port.contradicts(head));
        refuseTwoHistories();
        return {};
    }
    if (examined.standing != Standing::Former)
        return fail(Code::Malformed, "a head of an epoch that is not over");
    TRY(ServerPort::FormerStanding standing, m_port.standingOf(head, former.samples));
    wire::Wanted wanted{head.scope, head.size, standing.common};
    if (!standing.isSettled && standing.common < head.size) {
        wanted.from = standing.common;
        m_returning = Returning{{head, standing.common, {}, {}, {}, {}}, standing.common, true};
    }
    m_queue.push_back(wire::encode(wire::ServerMessage(wanted)));
    return {};
}

Status ServerSession::onGiveBack(const wire::GiveBack& message, std::size_t messageBytes,
                                 const std::shared_ptr<void>& storage) {
    bool isAwaited = m_returning && message.scope == m_returning->tail.head.scope &&
                     message.first == m_returning->next && !message.records.empty();
    if (!isAwaited) return fail(Code::Malformed, "records that nobody asked for");
    if (m_returning->isFormer && message.roots.size() != message.records.size())
        return fail(Code::Malformed, "records of a former history without their roots");
    if (m_returnedBytes + messageBytes > base::limits::kReturnedBytesMax ||
        !m_port.reserveReturned(messageBytes)) {
        refuse(wire::RefusedReason::Recovering, "it takes back as much as it can already");
        return {};
    }
    m_returnedBytes += messageBytes;
    ServerPort::FormerTail& tail = m_returning->tail;
    if (m_returning->next == tail.first) tail.frontier = base::copy(message.frontier);
    for (ByteView bytes : message.records) {
        TRY(ledger::Record record, ledger::parseRecord(bytes));
        m_returning->next += record.segment.entries.size();
        tail.records.push_back(bytes);
    }
    tail.roots.insert(tail.roots.end(), message.roots.begin(), message.roots.end());
    tail.storage.push_back(storage);
    if (m_returning->next > tail.head.size)
        return fail(Code::Malformed, "records beyond the head that was shown");
    if (m_returning->next < tail.head.size) return {};
    m_isTakingFormer = m_returning->isFormer;
    m_taking = wire::Wanted{tail.head.scope, tail.head.size, m_isTakingFormer ? tail.first : 0};
    if (m_isTakingFormer) {
        m_port.takeFormer(m_number, m_peer, std::move(tail));
    } else {
        m_port.takeBack(m_number, m_peer, tail.head, tail.first, std::move(tail.records),
                        std::move(tail.storage));
    }
    m_returning.reset();
    return {};
}

void ServerSession::releaseReturned() {
    if (m_returnedBytes > 0) m_port.releaseReturned(m_returnedBytes);
    m_returnedBytes = 0;
}

Status ServerSession::onHello(const wire::Hello& hello) {
    const domain::Directory& directory = m_port.directory().directory();
    const domain::Device* device = directory.deviceOfExchangeKey(m_peer);
    if (device == nullptr) {
        refuse(wire::RefusedReason::Unknown, "unknown device");
        return {};
    }
    m_device = device->id;
    m_isRevoked = device->revokedSince.has_value();
    if (!m_isRevoked) m_port.heard(*m_device);
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
    if (m_isRevoked) return greetRevoked(*directory.device(*m_device));
    const bool willPush = hello.pendingEntries > 0;  // and may have done so already, in vain
    if (willPush && !m_closed) {
        TRY(m_closed, m_port.closed());
    }
    std::vector<wire::LedgerState> own;
    for (const base::ScopeId& scope : directory.readableScopes(*m_device)) {
        TRY(wire::LedgerState state, m_port.state(scope));
        if (state.size > 0) own.push_back(state);
        m_cursors.push_back({scope, 0});
    }
    const std::uint64_t newest = m_port.newestQuarantined();
    if (hello.quarantine > 0 && domain::mayJudge(directory, *m_device, directory.size())) {
        // One that has heard of later work than lies here speaks to a server that was put back.
        const std::uint64_t heard = hello.quarantine - 1;
        m_quarantineFrom = heard > newest ? 0 : heard;
    }
    const bool holdsTheSame = sameLedgers(hello, own);
    bool same = holdsTheSame && newest <= m_quarantineFrom.value_or(newest);
    // Whoever knows another charter than this server has to hear of it.
    if (same && !willPush && hello.charterVersion == charterVersion()) {
        m_queue.push_back(wire::encode(wire::ServerMessage(wire::Same{})));
        m_ending = true;
        return {};
    }
    if (holdsTheSame) return compare(own);
    if (!hello.digest.empty()) {
        wire::Answer answer;
        answer.needLedgers = true;
        m_hasAsked = true;
        queueAnswer(std::move(answer));
        return {};
    }
    return compare(hello.ledgers);
}

/// The end of the record that holds the device's revocation.
Result<std::uint64_t> ServerSession::endOfRevocation(const domain::Device& device) {
    std::uint64_t end = 0;
    CHECK_OK(m_port.read(m_port.directory().directory().directoryScopeId(), *device.revokedSince,
                         [&](const ServerPort::RecordView& view) -> Result<bool> {
                             end = view.end;
                             return false;
                         }));
    return end;
}

/// A revoked device learns of it from the directory itself, and nothing that came later.
Status ServerSession::greetRevoked(const domain::Device& device) {
    if (m_hello.epoch < m_port.epoch()) {
        m_isFollowing = m_answered = true;
        m_isShowDue = !m_hasSaidDone;
        return leadOn({});
    }
    TRY(m_mayReadUpTo, endOfRevocation(device));
    m_cursors.push_back({m_port.directory().directory().directoryScopeId(), m_mayReadUpTo});
    if (m_hello.digest.empty()) return compareRevoked(m_hello.ledgers);
    wire::Answer answer;
    answer.needLedgers = true;
    m_hasAsked = true;
    queueAnswer(std::move(answer));
    return {};
}

Status ServerSession::compareRevoked(const std::vector<wire::LedgerState>& held) {
    // What stands here under the same root is here with every entry of whatever author.
    for (const wire::LedgerState& one : held) {
        TRY(std::optional<Hash> root, m_port.rootAt(one.scope, one.size));
        if (root && ledger::shortRoot(*root) == one.root) m_held.push_back(one);
    }
    Cursor& cursor = m_cursors.front();
    wire::LedgerState theirs;
    for (const wire::LedgerState& one : held) {
        if (one.scope == cursor.scope) theirs = one;
    }
    bool isSame = theirs.size == 0;
    if (theirs.size > 0 && theirs.size < m_mayReadUpTo) {
        TRY(std::optional<Hash> root, m_port.rootAt(cursor.scope, theirs.size));
        isSame = root && ledger::shortRoot(*root) == theirs.root;
    }
    if (isSame) cursor.next = std::min(theirs.size, m_mayReadUpTo);
    m_answered = true;
    if (m_peerDone && cursor.next == m_mayReadUpTo) return {};  // only the last word is due
    wire::Answer answer;
    answer.isRevoked = true;
    const domain::Device& device = *m_port.directory().directory().device(*m_device);
    TRY(answer.chains, chainsOf(device, &ServerPort::chain));
    queueAnswer(std::move(answer));
    return {};
}

/// The device's chains in the ledgers where it could write.
Result<std::vector<wire::KeptChain>> ServerSession::chainsOf(const domain::Device& device,
                                                             ChainOf stateOf) {
    const domain::Directory& directory = m_port.directory().directory();
    std::vector<base::ScopeId> scopes{directory.directoryScopeId()};
    for (const auto& [code, unit] : directory.units()) {
        if (code == device.unit || directory.isProvinceUnit(device.unit))
            scopes.push_back(unit.scope);
    }
    std::vector<wire::KeptChain> out;
    for (const base::ScopeId& scope : scopes) {
        TRY(ledger::ChainState state, (m_port.*stateOf)({scope, device.id, m_hello.incarnation}));
        if (state.nextSeq > 0) out.push_back({scope, state.nextSeq, state.tip});
    }
    return out;
}

/// The last word to a revoked device: how far its chains are durable here. Nothing of that while
/// this server itself needs what devices hold: what the device has may lie nowhere else.
Status ServerSession::endRevoked() {
    wire::Refused refused;
    refused.reason = wire::RefusedReason::Revoked;
    refused.text = "revoked device";
    TRY(std::optional<wire::Refused> closed, m_port.closed());
    if (closed && closed->reason == wire::RefusedReason::Recovering) {
        refused.text = "revoked device; the server is being put back and needs it still";
        end(refused);
        return {};
    }
    const domain::Device& device = *m_port.directory().directory().device(*m_device);
    TRY(refused.chains, chainsOf(device, &ServerPort::keptChain));
    refused.held = m_held;
    end(refused);
    return {};
}

Status ServerSession::compare(const std::vector<wire::LedgerState>& held) {
    std::map<base::ScopeId, wire::LedgerState> byScope;
    for (const wire::LedgerState& s : held) byScope[s.scope] = s;
    wire::Answer answer;
    m_isFollowing = m_hello.epoch < m_port.epoch();
    if (m_isFollowing) m_isShowDue = !m_hasSaidDone;
    for (Cursor& cursor : m_cursors) {
        TRY(wire::LedgerState own, m_port.state(cursor.scope));
        auto it = byScope.find(cursor.scope);
        wire::LedgerState theirs;
        theirs.scope = cursor.scope;
        if (it != byScope.end()) theirs = it->second;
        cursor.next = theirs.size;
        // Where this ledger was rewritten, the peer is told what stands here at its own size.
        if (theirs.size > 0 && theirs.size < own.size) {
            TRY(std::optional<Hash> root, m_port.rootAt(cursor.scope, theirs.size));
            if (!root || ledger::shortRoot(*root) != theirs.root) {
                cursor.next = own.size;
                own.size = theirs.size;
                own.root = root ? ledger::shortRoot(*root) : ledger::ShortRoot();
            }
        }
        // The peer will show its head, and says when it has nothing more to give back.
        if (theirs.size > own.size || (theirs.size == own.size && own != theirs))
            m_isShowDue = !m_hasSaidDone;
        if (own == theirs || (own.size == 0 && theirs.size == 0)) continue;
        ledger::ChainId chain{cursor.scope, *m_device, m_hello.incarnation};
        TRY(ledger::ChainState state, m_port.chain(chain));
        answer.ledgers.push_back({own, state.nextSeq, state.nextSeq > 0 ? state.tip : Hash{}});
        cursor.ownUntil = state.nextSeq;
    }
    m_answered = true;
    if (m_isFollowing) return leadOn(std::move(answer));
    queueAnswer(std::move(answer));
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
    const bool isOver = m_hasShown || (m_peerDone && !m_isRevoked);
    if (isOver) return fail(Code::Malformed, "a push after the end of pushing");
    std::size_t total = 0;
    for (ByteView segment : push.segments) total += segment.size();
    // The whole message is kept while one of its segments waits, and limits count segments.
    if (messageBytes > 2 * total + base::limits::kPushOverheadBytes)
        return fail(Code::Malformed, "a push that holds more than its segments");
    if (m_isRevoked) return takeParcel(push, storage);
    if (m_closed) return {};  // it hears why; the sender keeps everything
    for (ByteView segment : push.segments) {
        m_unsettled.push_back(pushedOf(segment));
        m_unsettledBytes += segment.size();
        m_port.push(m_number, *m_device, {segment, storage});
    }
    return {};
}

ServerSession::Pushed ServerSession::pushedOf(ByteView segment) {
    const auto parsed = ledger::parseSegment(segment);
    if (!parsed) return {segment.size(), {}, 0};  // it will be refused
    return {segment.size(), parsed->chain.scope, parsed->endSeq()};
}

/// What is taken is ordered, or was before: the peer holds the same.
void ServerSession::noteTaken(const Pushed& pushed) {
    for (Cursor& cursor : m_cursors) {
        if (cursor.scope == pushed.scope)
            cursor.ownUntil = std::max(cursor.ownUntil, pushed.endSeq);
    }
}

/// Of a revoked device the first segment for each ledger; whatever else it sends goes nowhere, and
/// ends its sending.
Status ServerSession::takeParcel(const wire::Push& push, const std::shared_ptr<void>& storage) {
    if (m_peerDone) return {};
    bool isAnyTaken = false;
    for (ByteView bytes : push.segments) {
        TRY(ledger::Segment segment, ledger::parseSegment(bytes));
        bool isTaken = m_parcel.size() < base::limits::kQuarantineDeviceItemsMax &&
                       m_parcel.insert(segment.chain.scope).second;
        if (!isTaken) continue;
        isAnyTaken = true;
        m_unsettled.push_back(pushedOf(bytes));
        m_unsettledBytes += bytes.size();
        m_port.push(m_number, *m_device, {bytes, storage});
    }
    m_peerDone = !isAnyTaken;
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
        m_unsettledBytes -= m_unsettled.front().bytes;
        if (!refused) noteTaken(m_unsettled.front());
        m_unsettled.pop_front();
    } else if (m_taking) {
        if (!refused) m_queue.push_back(wire::encode(wire::ServerMessage(*m_taking)));
        m_taking.reset();
        releaseReturned();
        if (refused) m_isShowDue = false;  // nothing more of it is heard now
        if (refused && m_isTakingFormer) end(*refused);
    }
    if (!refused) return;
    // What became of a parcel is told at the end, chain by chain.
    if (m_isRevoked && refused->reason == wire::RefusedReason::Revoked) return;
    bool isIntroduction = !m_device;
    if (isOfTheDay(refused->reason) && !isIntroduction) {
        m_closed = std::move(refused);
    } else {
        end(*refused);
    }
}

Result<std::optional<ServerSession::Outgoing>> ServerSession::produce() {
    using Some = std::optional<Outgoing>;
    bool isRevoked = m_device && m_port.directory().directory().device(*m_device)->revokedSince;
    if (isRevoked && !m_isRevoked && !m_ending && !m_finished) {  // meanwhile
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
    if (m_finished || m_ending || !m_answered || m_taking) return Some();
    // Whoever knows a newer charter takes no head of this one: it gives that charter back first.
    // Whoever is of an earlier epoch gives back what stood in that first.
    const bool isBehind = m_hello.charterVersion > charterVersion() || m_isFollowing;
    TRY(Some batch, isBehind ? Some() : nextBatch());
    if (batch) return batch;
    TRY(Some waiting, isBehind ? Some() : nextQuarantined());
    if (waiting) return waiting;
    if (m_isRevoked && m_peerDone && m_unsettled.empty() && !m_isFollowing) {
        CHECK_OK(endRevoked());
        return produce();
    }
    if (m_isShowDue) return Some();
    if (m_closed && m_unsettled.empty() && !m_isFollowing) {
        end(*m_closed);
        return produce();
    }
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

/// What came without the right, behind the ledgers and the directory that say whose it is.
Result<std::optional<ServerSession::Outgoing>> ServerSession::nextQuarantined() {
    using Some = std::optional<Outgoing>;
    if (!m_quarantineFrom) return Some();
    TRY(auto next, m_port.quarantinedAfter(*m_quarantineFrom));
    if (!next) return Some();
    // A unit that was described after the hello comes with the next session, and so does this.
    const domain::Directory& directory = m_port.directory().directory();
    const bool isUnknown = directory.unitOfScope(next->chain.scope) != nullptr &&
                           std::none_of(m_cursors.begin(), m_cursors.end(), [&](const Cursor& c) {
                               return c.scope == next->chain.scope;
                           });
    if (isUnknown) return Some();
    m_quarantineFrom = next->at;
    const wire::Quarantined message{next->at, next->why, next->segment};
    return Some({wire::encode(wire::ServerMessage(message)), false, false});
}

Result<std::optional<ServerSession::Outgoing>> ServerSession::batchFrom(Cursor& cursor) {
    using Some = std::optional<Outgoing>;
    TRY(wire::LedgerState state, m_port.state(cursor.scope));
    if (m_isRevoked) state.size = std::min(state.size, m_mayReadUpTo);
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
                       record.at.firstArrival == record.at.arrival &&
                       record.segment.endSeq() <= cursor.ownUntil;
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
