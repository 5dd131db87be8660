#include "wire/messages.h"
#include <catch2/catch.hpp>
#include "../base/seeded_random.h"
#include "base/limits.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using test::SeededRandom;
using namespace wire;

namespace {

LedgerState someState(SeededRandom& random) {
    return {random.make<base::ScopeId>(), static_cast<std::uint32_t>(random.number()),
            random.number(), random.make<ledger::ShortRoot>()};
}

/// Decodes to a message of that kind and encodes to the same bytes.
template <class Kind, class Message>
Decoded<Message> again(const Message& message, Result<Decoded<Message>> (*decode)(ByteView)) {
    Bytes bytes = encode(message);
    auto read = decode(bytes);
    REQUIRE(read);
    REQUIRE(std::holds_alternative<Kind>(read->message));
    CHECK(encode(read->message) == bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        REQUIRE_FALSE(decode(ByteView(bytes).first(size)));
    bytes.resize(bytes.size() + 8);
    CHECK_FALSE(decode(bytes));
    return *read;
}
template <class Kind>
Decoded<ClientMessage> client(const Kind& message) {
    return again<Kind>(ClientMessage(message), decodeClientMessage);
}
template <class Kind>
Decoded<ServerMessage> server(const Kind& message) {
    return again<Kind>(ServerMessage(message), decodeServerMessage);
}

bool accepted(const ClientMessage& message) {
    return decodeClientMessage(encode(message)).has_value();
}
bool accepted(const ServerMessage& message) {
    return decodeServerMessage(encode(message)).has_value();
}

Hello someHello(SeededRandom& random, std::size_t ledgers) {
    Hello hello;
    hello.incarnation = random.make<base::IncarnationId>();
    hello.clock = -1'756'600'000'000;
    hello.epoch = 4;
    hello.charterVersion = 3;
    hello.pendingEntries = 17;
    hello.pendingBytes = 1 << 20;
    for (std::size_t i = 0; i < ledgers; ++i) hello.ledgers.push_back(someState(random));
    hello.pushFollows = true;
    hello.quarantine = 1'756'600'000'001;
    return hello;
}

}  // namespace

TEST_CASE("messages: a hello comes back with its ledgers or their digest") {
    SeededRandom random;
    Hello hello = someHello(random, 6);
    auto read = std::get<Hello>(client(hello).message);
    CHECK((read.incarnation == hello.incarnation));
    CHECK(read.clock == hello.clock);
    CHECK(read.epoch == 4);
    CHECK(read.charterVersion == 3);
    CHECK(read.pendingEntries == 17);
    CHECK(read.pendingBytes == 1 << 20);
    CHECK((read.ledgers == hello.ledgers));
    CHECK(read.pushFollows);
    CHECK(read.quarantine == 1'756'600'000'001);
    CHECK(read.digest.empty());
    hello.ledgers.clear();
    base::Hash digest = random.make<base::Hash>();
    hello.digest = base::copy(digest.view());
    hello.pushFollows = false;
    read = std::get<Hello>(client(hello).message);
    CHECK(read.digest == hello.digest);
    CHECK(read.ledgers.empty());
    CHECK_FALSE(read.pushFollows);
}

TEST_CASE("messages: what a client says comes back") {
    SeededRandom random(2);
    Bytes one = random.bytes(300);
    Bytes two = random.bytes(1);
    auto push = client(Push{{one, two, {}}});
    auto& segments = std::get<Push>(push.message).segments;
    REQUIRE(segments.size() == 3);
    CHECK(base::copy(segments[0]) == one);
    CHECK(base::copy(segments[1]) == two);
    CHECK(segments[2].empty());
    client(Done{});
    CHECK(base::copy(std::get<Show>(client(Show{one}).message).head) == one);
    CHECK(base::copy(std::get<Introduce>(client(Introduce{one}).message).segment) == one);
    Found found{random.make<base::Hash>(), one};
    auto foundRead = client(found);
    CHECK((std::get<Found>(foundRead.message).mac == found.mac));
    CHECK(base::copy(std::get<Found>(foundRead.message).segment) == one);
    Ledgers ledgers;
    for (int i = 0; i < 97; ++i) ledgers.ledgers.push_back(someState(random));
    CHECK((std::get<Ledgers>(client(ledgers).message).ledgers == ledgers.ledgers));
    wire::Former former{one, {{3, {{1}}}, {1, {}}}};
    auto formerRead = client(former);
    CHECK((std::get<wire::Former>(formerRead.message).samples == former.samples));
    CHECK(std::get<wire::Former>(formerRead.message).size == 0);
    former = {one, {}, 7, random.make<base::Hash>(), {random.make<base::Hash>(), {}}};
    auto proven = client(former);
    const auto& read = std::get<wire::Former>(proven.message);
    CHECK(base::copy(read.head) == one);
    CHECK(read.size == 7);
    CHECK((read.root == former.root));
    CHECK((read.proof == former.proof));
    former.size = 0;
    CHECK(std::get<wire::Former>(client(former).message).proof.empty());
    former.size = 1;
    former.proof.resize(base::limits::kAuditPathMax + 1);
    CHECK_FALSE(wire::decodeClientMessage(wire::encode(wire::ClientMessage(former))));
}

TEST_CASE("messages: what a server says comes back") {
    SeededRandom random(3);
    server(Same{});
    server(Finished{});
    server(Introduced{});
    Answer answer;
    answer.needLedgers = true;
    answer.ledgers = {{someState(random), 5, random.make<base::Hash>()},
                      {someState(random), 0, {}}};
    auto answerRead = std::get<Answer>(server(answer).message);
    CHECK(answerRead.needLedgers);
    REQUIRE(answerRead.ledgers.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK((answerRead.ledgers[i].state == answer.ledgers[i].state));
        CHECK(answerRead.ledgers[i].nextSeq == answer.ledgers[i].nextSeq);
        CHECK((answerRead.ledgers[i].tip == answer.ledgers[i].tip));
    }
    Bytes record = random.bytes(500);
    Bytes head = random.bytes(ledger::kHeadBytes);
    Batch batch{random.make<base::ScopeId>(),
                77,
                {ByteView(record), OwnRecord{3, 2, 1'756'600'000'000, 9}},
                head};
    auto batchRead = server(batch);
    auto& b = std::get<Batch>(batchRead.message);
    CHECK((b.scope == batch.scope));
    CHECK(b.first == 77);
    CHECK(base::copy(b.head) == head);
    REQUIRE(b.records.size() == 2);
    CHECK(base::copy(std::get<ByteView>(b.records[0])) == record);
    auto own = std::get<OwnRecord>(b.records[1]);
    CHECK(own.firstSeq == 3);
    CHECK(own.count == 2);
    CHECK(own.arrival == 1'756'600'000'000);
    CHECK(own.directorySize == 9);
    auto keptRead = server(Quarantined{1'756'600'000'000, kOfRevoked, record});
    auto& kept = std::get<Quarantined>(keptRead.message);
    CHECK(kept.at == 1'756'600'000'000);
    CHECK(kept.why == kOfRevoked);
    CHECK(base::copy(kept.segment) == record);
    Answer toRevoked;
    toRevoked.isRevoked = true;
    toRevoked.chains = {{random.make<base::ScopeId>(), 7, random.make<base::Hash>()},
                        {random.make<base::ScopeId>(), 1, random.make<base::Hash>()}};
    auto toRevokedRead = std::get<Answer>(server(toRevoked).message);
    CHECK(toRevokedRead.isRevoked);
    CHECK((toRevokedRead.chains == toRevoked.chains));
    CHECK_FALSE(answerRead.isRevoked);
    Refused revoked{RefusedReason::Revoked, "revoked device", {}, 0, toRevoked.chains};
    revoked.held = someHello(random, 3).ledgers;
    auto revokedRead = std::get<Refused>(server(revoked).message);
    CHECK((revokedRead.chains == toRevoked.chains));
    CHECK((revokedRead.held == revoked.held));
    for (int reason = 0; reason <= static_cast<int>(RefusedReason::Used); ++reason) {
        Refused refused{static_cast<RefusedReason>(reason), "Thiết bị đã bị thu hồi.",
                        random.make<base::ScopeId>(), 4};
        auto refusedRead = std::get<Refused>(server(refused).message);
        CHECK((refusedRead.reason == refused.reason));
        CHECK(refusedRead.text == refused.text);
        CHECK((refusedRead.scope == refused.scope));
        CHECK(refusedRead.nextSeq == 4);
    }
}

TEST_CASE("messages: lists and texts end at their limits") {
    SeededRandom random(4);
    CHECK_FALSE(accepted(ClientMessage(someHello(random, 7))));
    Hello hello = someHello(random, 0);
    hello.digest = Bytes(33, 1);
    CHECK_FALSE(accepted(ClientMessage(hello)));
    Ledgers ledgers;
    ledgers.ledgers.resize(base::limits::kScopesMax);
    CHECK(accepted(ClientMessage(ledgers)));
    ledgers.ledgers.emplace_back();
    CHECK_FALSE(accepted(ClientMessage(ledgers)));
    Push push;
    push.segments.resize(4097);
    CHECK_FALSE(accepted(ClientMessage(push)));
    Answer answer;
    answer.ledgers.resize(base::limits::kScopesMax + 1);
    CHECK_FALSE(accepted(ServerMessage(answer)));
    Batch batch;
    batch.records.resize(4097, OwnRecord());
    CHECK_FALSE(accepted(ServerMessage(batch)));
    Refused refused;
    refused.text = std::string(513, 'a');
    CHECK_FALSE(accepted(ServerMessage(refused)));
    refused.text = "\xFF";
    CHECK_FALSE(accepted(ServerMessage(refused)));
    refused.text.clear();
    CHECK(accepted(ServerMessage(refused)));
    refused.chains.resize(1);  // a chain without an entry
    CHECK_FALSE(accepted(ServerMessage(refused)));
    refused.chains[0].nextSeq = 1;
    CHECK(accepted(ServerMessage(refused)));
    refused.chains.resize(base::limits::kScopesMax + 1, refused.chains[0]);
    CHECK_FALSE(accepted(ServerMessage(refused)));
    refused.chains.clear();
    refused.held.resize(base::limits::kScopesMax);
    CHECK(accepted(ServerMessage(refused)));
    refused.held.emplace_back();
    CHECK_FALSE(accepted(ServerMessage(refused)));
}

TEST_CASE("messages: a kind of a newer version is unsupported, not malformed") {
    Bytes bytes = encode(ClientMessage(Done{}));
    bytes[16] = 99;  // the union tag, behind the frame and the root's pointer
    auto clientRead = decodeClientMessage(bytes);
    REQUIRE_FALSE(clientRead);
    CHECK(clientRead.error().code == Code::Unsupported);
    bytes = encode(ServerMessage(Same{}));
    bytes[16] = 6;  // want: in the schema, not in this version
    auto serverRead = decodeServerMessage(bytes);
    REQUIRE_FALSE(serverRead);
    CHECK(serverRead.error().code == Code::Unsupported);
}

TEST_CASE("messages: hostile bytes are refused or read as something that can be written again") {
    SeededRandom random(5);
    Bytes payload = random.bytes(100);
    std::vector<Bytes> good;
    for (const ClientMessage& m :
         {ClientMessage(someHello(random, 3)), ClientMessage(Push{{payload, payload}}),
          ClientMessage(Found{{}, payload}), ClientMessage(Show{payload})}) {
        good.push_back(encode(m));
    }
    Batch batch{
        random.make<base::ScopeId>(), 1, {ByteView(payload), OwnRecord{1, 2, 3, 4}}, payload};
    good.push_back(encode(ServerMessage(batch)));
    good.push_back(encode(ServerMessage(Answer{{{someState(random), 5, {}}}, false, 2, payload})));
    good.push_back(encode(ServerMessage(Refused{RefusedReason::Gap, "seq 5", {}, 5})));
    for (int i = 0; i < 40'000; ++i) {
        Bytes bytes =
            i % 8 == 0 ? random.bytes(8 * random.below(30)) : good[random.below(good.size())];
        for (std::size_t n = 1 + random.below(4); n > 0 && !bytes.empty(); --n) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.number());
        }
        if (auto read = decodeClientMessage(bytes))
            CHECK(decodeClientMessage(encode(read->message)));
        if (auto read = decodeServerMessage(bytes))
            CHECK(decodeServerMessage(encode(read->message)));
    }
}

TEST_CASE("messages: an answer carries the server's version of charters and what is new of them") {
    SeededRandom random(7);
    const Bytes body = random.bytes(300);
    const Bytes bytes = encode(ServerMessage(Answer{{{someState(random), 5, {}}}, false, 7, body}));
    auto read = decodeServerMessage(bytes);
    REQUIRE(read);
    const auto& answer = std::get<Answer>(read->message);
    CHECK(answer.charterVersion == 7);
    CHECK(base::copy(answer.authority) == body);
    CHECK(answer.ledgers.size() == 1);
    auto none = decodeServerMessage(encode(ServerMessage(Answer{})));
    REQUIRE(none);
    CHECK(std::get<Answer>(none->message).charterVersion == 0);
    CHECK(std::get<Answer>(none->message).authority.empty());
}

TEST_CASE("messages: the digest of ledgers does not depend on their order") {
    SeededRandom random(6);
    std::vector<LedgerState> states{someState(random), someState(random), someState(random)};
    base::Hash digest = digestOf(states);
    std::reverse(states.begin(), states.end());
    CHECK((digestOf(states) == digest));
    states[0].size += 1;
    CHECK((digestOf(states) != digest));
    states[0].size -= 1;
    states.pop_back();
    CHECK((digestOf(states) != digest));
}

TEST_CASE("messages: the hello of a unit's device fits one padded block") {
    // Every commune reads two ledgers; with its length and type the message has 256 bytes.
    wire::Hello hello;
    hello.clock = 1'756'600'000'000;
    hello.epoch = hello.charterVersion = UINT32_MAX;
    hello.pendingEntries = 1'000'000;
    hello.pendingBytes = std::uint64_t{1} << 40;
    hello.pushFollows = true;
    for (int i = 0; i < 2; ++i)
        hello.ledgers.push_back({{}, UINT32_MAX, std::uint64_t{1} << 40, {}});
    CHECK(wire::encode(wire::ClientMessage(hello)).size() <= 248);
}
