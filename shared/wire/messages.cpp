#include "wire/messages.h"
#include <algorithm>
#include "session.capnp.h"
#include "wire/codec.h"

namespace wire {
namespace {

namespace limits = base::limits;

template <class Builder>
void putState(Builder out, const LedgerState& s) {
    out.setScope(dataOf(s.scope.view()));
    out.setEpoch(s.epoch);
    out.setSize(s.size);
    out.setRoot(dataOf(s.root.view()));
}

template <class Reader>
LedgerState getState(Reader in, Limits& limit) {
    return {limit.fixed<base::ScopeId>(in.getScope()), in.getEpoch(), in.getSize(),
            limit.fixed<ledger::ShortRoot>(in.getRoot())};
}

template <class List>
void putStates(List list, const std::vector<LedgerState>& states) {
    for (unsigned i = 0; i < states.size(); ++i) putState(list[i], states[i]);
}

template <class List>
std::vector<LedgerState> getStates(List list, std::size_t countMax, Limits& limit) {
    std::vector<LedgerState> out;
    unsigned count = limit.count(list.size(), countMax);
    for (unsigned i = 0; i < count; ++i) out.push_back(getState(list[i], limit));
    return out;
}

void put(schema::ClientMessage::Builder out, const Hello& m) {
    auto h = out.initHello();
    h.setIncarnation(dataOf(m.incarnation.view()));
    h.setClock(m.clock);
    h.setCharterVersion(m.charterVersion);
    h.setPendingEntries(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(m.pendingEntries, UINT32_MAX)));
    h.setPendingBytes(m.pendingBytes);
    if (!m.ledgers.empty())
        putStates(h.initLedgers(static_cast<unsigned>(m.ledgers.size())), m.ledgers);
    if (!m.digest.empty()) h.setDigest(dataOf(m.digest));
    h.setPushFollows(m.pushFollows);
    h.setQuarantine(m.quarantine);
    h.setEpoch(m.epoch);
}
void put(schema::ClientMessage::Builder out, const Push& m) {
    auto list = out.initPush(static_cast<unsigned>(m.segments.size()));
    for (unsigned i = 0; i < m.segments.size(); ++i) list.set(i, dataOf(m.segments[i]));
}
void put(schema::ClientMessage::Builder out, const Done&) {
    out.setDone();
}
void put(schema::ClientMessage::Builder out, const Show& m) {
    out.setShow(dataOf(m.head));
}
void put(schema::ClientMessage::Builder out, const Introduce& m) {
    out.setIntroduce(dataOf(m.segment));
}
void put(schema::ClientMessage::Builder out, const Found& m) {
    auto f = out.initFound();
    f.setMac(dataOf(m.mac.view()));
    f.setSegment(dataOf(m.segment));
}
void put(schema::ClientMessage::Builder out, const Ledgers& m) {
    putStates(out.initLedgers(static_cast<unsigned>(m.ledgers.size())), m.ledgers);
}
void put(schema::ClientMessage::Builder out, const GiveBack& m) {
    auto g = out.initGiveBack();
    g.setScope(dataOf(m.scope.view()));
    g.setFirst(m.first);
    auto list = g.initRecords(static_cast<unsigned>(m.records.size()));
    for (unsigned i = 0; i < m.records.size(); ++i) list.set(i, dataOf(m.records[i]));
    if (!m.frontier.empty()) g.setFrontier(dataOf(m.frontier));
    if (m.roots.empty()) return;
    auto roots = g.initRoots(static_cast<unsigned>(m.roots.size()));
    for (unsigned i = 0; i < m.roots.size(); ++i) roots.set(i, dataOf(m.roots[i].view()));
}
void put(schema::ClientMessage::Builder out, const Former& m) {
    auto f = out.initFormer();
    f.setHead(dataOf(m.head));
    auto list = f.initSamples(static_cast<unsigned>(m.samples.size()));
    for (unsigned i = 0; i < m.samples.size(); ++i) {
        list[i].setSize(m.samples[i].size);
        list[i].setRoot(dataOf(m.samples[i].root.view()));
    }
    if (m.size == 0) return;
    f.setSize(m.size);
    f.setRoot(dataOf(m.root.view()));
    auto proof = f.initProof(static_cast<unsigned>(m.proof.size()));
    for (unsigned i = 0; i < m.proof.size(); ++i) proof.set(i, dataOf(m.proof[i].view()));
}

template <class List>
void putChains(List list, const std::vector<KeptChain>& chains) {
    for (unsigned i = 0; i < chains.size(); ++i) {
        list[i].setScope(dataOf(chains[i].scope.view()));
        list[i].setNextSeq(chains[i].nextSeq);
        list[i].setTip(dataOf(chains[i].tip.view()));
    }
}

void put(schema::ServerMessage::Builder out, const Same&) {
    out.setSame();
}
void put(schema::ServerMessage::Builder out, const Answer& m) {
    auto a = out.initAnswer();
    a.setNeedLedgers(m.needLedgers);
    a.setCharterVersion(m.charterVersion);
    if (!m.authority.empty()) a.setAuthority(dataOf(m.authority));
    if (!m.epoch.empty()) a.setEpoch(dataOf(m.epoch));
    auto list = a.initLedgers(static_cast<unsigned>(m.ledgers.size()));
    for (unsigned i = 0; i < m.ledgers.size(); ++i) {
        putState(list[i], m.ledgers[i].state);
        list[i].setNextSeq(m.ledgers[i].nextSeq);
        if (m.ledgers[i].nextSeq > 0) list[i].setTip(dataOf(m.ledgers[i].tip.view()));
    }
    a.setRevoked(m.isRevoked);
    if (!m.chains.empty())
        putChains(a.initChains(static_cast<unsigned>(m.chains.size())), m.chains);
}
void put(schema::ServerMessage::Builder out, const Batch& m) {
    auto b = out.initBatch();
    b.setScope(dataOf(m.scope.view()));
    b.setFirst(m.first);
    b.setHead(dataOf(m.head));
    auto list = b.initRecords(static_cast<unsigned>(m.records.size()));
    for (unsigned i = 0; i < m.records.size(); ++i) {
        if (auto* bytes = std::get_if<ByteView>(&m.records[i])) {
            list[i].setBytes(dataOf(*bytes));
        } else {
            const auto& own = std::get<OwnRecord>(m.records[i]);
            auto o = list[i].initOwn();
            o.setFirstSeq(own.firstSeq);
            o.setCount(own.count);
            o.setArrival(own.arrival);
            o.setDirectorySize(own.directorySize);
        }
    }
}
void put(schema::ServerMessage::Builder out, const Refused& m) {
    auto r = out.initRefused();
    r.setReason(static_cast<schema::Reason>(m.reason));
    r.setText(m.text);
    r.setScope(dataOf(m.scope.view()));
    r.setNextSeq(m.nextSeq);
    if (!m.chains.empty())
        putChains(r.initChains(static_cast<unsigned>(m.chains.size())), m.chains);
    if (!m.held.empty()) putStates(r.initHeld(static_cast<unsigned>(m.held.size())), m.held);
}
void put(schema::ServerMessage::Builder out, const Finished&) {
    out.setFinished();
}
void put(schema::ServerMessage::Builder out, const Introduced&) {
    out.setIntroduced();
}
void put(schema::ServerMessage::Builder out, const Wanted& m) {
    auto w = out.initWanted();
    w.setScope(dataOf(m.scope.view()));
    w.setFrom(m.from);
    w.setCommon(m.common);
}
void put(schema::ServerMessage::Builder out, const Quarantined& m) {
    auto q = out.initQuarantined();
    q.setAt(m.at);
    q.setWhy(m.why);
    q.setSegment(dataOf(m.segment));
}

Hello getHello(schema::Hello::Reader in, Limits& limit) {
    Hello h;
    h.incarnation = limit.fixed<base::IncarnationId>(in.getIncarnation());
    h.clock = in.getClock();
    h.charterVersion = in.getCharterVersion();
    h.pendingEntries = in.getPendingEntries();
    h.pendingBytes = in.getPendingBytes();
    h.ledgers = getStates(in.getLedgers(), limits::kHelloLedgersMax, limit);
    h.digest = limit.data(in.getDigest(), Hash::kSize);
    if (!h.digest.empty() && h.digest.size() != Hash::kSize) limit.failHere();
    h.pushFollows = in.getPushFollows();
    h.quarantine = in.getQuarantine();
    h.epoch = in.getEpoch();
    return h;
}

Batch getBatch(schema::Batch::Reader in, Limits& limit) {
    Batch b;
    b.scope = limit.fixed<base::ScopeId>(in.getScope());
    b.first = in.getFirst();
    b.head = viewOf(in.getHead());
    auto records = in.getRecords();
    unsigned count = limit.count(records.size(), limits::kMessageItemsMax);
    b.records.reserve(count);
    for (unsigned i = 0; i < count; ++i) {
        if (records[i].isBytes()) {
            b.records.push_back(viewOf(records[i].getBytes()));
        } else if (records[i].isOwn()) {
            auto o = records[i].getOwn();
            b.records.push_back(
                OwnRecord{o.getFirstSeq(), o.getCount(), o.getArrival(), o.getDirectorySize()});
        } else {
            limit.failHere();
        }
    }
    return b;
}

template <class List>
std::vector<KeptChain> getChains(List list, Limits& limit) {
    std::vector<KeptChain> out;
    const unsigned count = limit.count(list.size(), limits::kScopesMax);
    for (unsigned i = 0; i < count; ++i) {
        out.push_back({limit.fixed<base::ScopeId>(list[i].getScope()), list[i].getNextSeq(),
                       limit.fixed<Hash>(list[i].getTip())});
        if (out.back().nextSeq == 0) limit.failHere();
    }
    return out;
}

Answer getAnswer(schema::Answer::Reader in, Limits& limit) {
    Answer a;
    a.needLedgers = in.getNeedLedgers();
    a.charterVersion = in.getCharterVersion();
    a.authority = viewOf(in.getAuthority());
    a.epoch = viewOf(in.getEpoch());
    auto list = in.getLedgers();
    unsigned count = limit.count(list.size(), limits::kScopesMax);
    for (unsigned i = 0; i < count; ++i) {
        LedgerAnswer one{getState(list[i], limit), list[i].getNextSeq(), {}};
        if (one.nextSeq > 0) one.tip = limit.fixed<Hash>(list[i].getTip());
        a.ledgers.push_back(one);
    }
    a.isRevoked = in.getRevoked();
    a.chains = getChains(in.getChains(), limit);
    return a;
}

template <class M, class Root, class Get>
Result<Decoded<M>> decodeAs(ByteView bytes, Get get) {
    return guarded("a session message", [&]() -> Result<Decoded<M>> {
        TRY(MessageSource created, MessageSource::create(bytes));
        auto source = std::make_shared<MessageSource>(std::move(created));
        Limits limit;
        std::optional<M> message = get(source->reader().template getRoot<Root>(), limit);
        if (!message) return fail(Code::Unsupported, "a session message of an unknown kind");
        if (!limit.ok())
            return fail(Code::Malformed, "a session message holds a value outside its limits");
        return Decoded<M>{std::move(*message), std::move(source)};
    });
}

std::optional<ClientMessage> getClient(schema::ClientMessage::Reader in, Limits& limit) {
    switch (in.which()) {
        case schema::ClientMessage::HELLO:
            return getHello(in.getHello(), limit);
        case schema::ClientMessage::PUSH: {
            Push push;
            auto list = in.getPush();
            unsigned count = limit.count(list.size(), limits::kMessageItemsMax);
            for (unsigned i = 0; i < count; ++i) push.segments.push_back(viewOf(list[i]));
            return push;
        }
        case schema::ClientMessage::DONE:
            return Done{};
        case schema::ClientMessage::SHOW:
            return Show{viewOf(in.getShow())};
        case schema::ClientMessage::INTRODUCE:
            return Introduce{viewOf(in.getIntroduce())};
        case schema::ClientMessage::FOUND:
            return Found{limit.fixed<Hash>(in.getFound().getMac()),
                         viewOf(in.getFound().getSegment())};
        case schema::ClientMessage::LEDGERS:
            return Ledgers{getStates(in.getLedgers(), limits::kScopesMax, limit)};
        case schema::ClientMessage::GIVE_BACK: {
            auto given = in.getGiveBack();
            GiveBack out{
                limit.fixed<base::ScopeId>(given.getScope()), given.getFirst(), {}, {}, {}};
            auto list = given.getRecords();
            unsigned count = limit.count(list.size(), limits::kMessageItemsMax);
            for (unsigned i = 0; i < count; ++i) out.records.push_back(viewOf(list[i]));
            out.frontier = viewOf(given.getFrontier());
            auto roots = given.getRoots();
            count = limit.count(roots.size(), limits::kMessageItemsMax);
            for (unsigned i = 0; i < count; ++i) out.roots.push_back(limit.fixed<Hash>(roots[i]));
            return out;
        }
        case schema::ClientMessage::FORMER: {
            auto former = in.getFormer();
            Former out{viewOf(former.getHead()), {}};
            auto list = former.getSamples();
            unsigned count = limit.count(list.size(), limits::kSamplesMax);
            for (unsigned i = 0; i < count; ++i) {
                out.samples.push_back(
                    {list[i].getSize(), limit.fixed<ledger::ShortRoot>(list[i].getRoot())});
            }
            out.size = former.getSize();
            if (out.size > 0) out.root = limit.fixed<Hash>(former.getRoot());
            auto proof = former.getProof();
            count = limit.count(proof.size(), limits::kAuditPathMax);
            if (count > 0 && out.size == 0) limit.failHere();
            for (unsigned i = 0; i < count; ++i) out.proof.push_back(limit.fixed<Hash>(proof[i]));
            return out;
        }
        case schema::ClientMessage::OFFER:
            return {};
    }
    return {};
}

std::optional<ServerMessage> getServer(schema::ServerMessage::Reader in, Limits& limit) {
    switch (in.which()) {
        case schema::ServerMessage::SAME:
            return Same{};
        case schema::ServerMessage::ANSWER:
            return getAnswer(in.getAnswer(), limit);
        case schema::ServerMessage::BATCH:
            return getBatch(in.getBatch(), limit);
        case schema::ServerMessage::REFUSED: {
            auto r = in.getRefused();
            Refused out{static_cast<RefusedReason>(r.getReason()),
                        limit.text(r.getText(), limits::kReasonBytesMax),
                        {},
                        r.getNextSeq(),
                        getChains(r.getChains(), limit),
                        getStates(r.getHeld(), limits::kScopesMax, limit)};
            if (r.getScope().size() == base::ScopeId::kSize)
                out.scope = limit.fixed<base::ScopeId>(r.getScope());
            return out;
        }
        case schema::ServerMessage::FINISHED:
            return Finished{};
        case schema::ServerMessage::INTRODUCED:
            return Introduced{};
        case schema::ServerMessage::WANTED:
            return Wanted{limit.fixed<base::ScopeId>(in.getWanted().getScope()),
                          in.getWanted().getFrom(), in.getWanted().getCommon()};
        case schema::ServerMessage::QUARANTINED: {
            auto q = in.getQuarantined();
            return Quarantined{q.getAt(), q.getWhy(), viewOf(q.getSegment())};
        }
        case schema::ServerMessage::WANT:
            return {};
    }
    return {};
}

}  // namespace

Hash digestOf(std::vector<LedgerState> ledgers) {
    std::sort(ledgers.begin(), ledgers.end());
    crypto::Hasher h("ts-ledgers");
    for (const LedgerState& s : ledgers)
        h.add(s.scope.view()).u32(s.epoch).u64(s.size).add(s.root.view());
    return h.finish();
}

Bytes encode(const ClientMessage& message) {
    capnp::MallocMessageBuilder builder(1024, capnp::AllocationStrategy::GROW_HEURISTICALLY);
    std::visit([&](const auto& m) { put(builder.initRoot<schema::ClientMessage>(), m); }, message);
    return toBytes(builder);
}

Bytes encode(const ServerMessage& message) {
    capnp::MallocMessageBuilder builder(1024, capnp::AllocationStrategy::GROW_HEURISTICALLY);
    std::visit([&](const auto& m) { put(builder.initRoot<schema::ServerMessage>(), m); }, message);
    return toBytes(builder);
}

Result<Decoded<ClientMessage>> decodeClientMessage(ByteView bytes) {
    return decodeAs<ClientMessage, schema::ClientMessage>(bytes, getClient);
}

Result<Decoded<ServerMessage>> decodeServerMessage(ByteView bytes) {
    return decodeAs<ServerMessage, schema::ServerMessage>(bytes, getServer);
}

}  // namespace wire
