#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include "ledger/merkle.h"
#include "vectors.h"
#include "wire/body.h"

using base::Bytes;
using base::ByteView;
using golden::describe;
using golden::Json;
using ledger::ChainState;

namespace {

std::string committed(const std::string& name) {
    std::ifstream in(GOLDEN_FOLDER "/" + name, std::ios::binary);
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

Json load(const std::string& name) {
    return Json::parse(committed(name));
}

Bytes bytesOf(const Json& json) {
    if (json == "01 x 65537") return Bytes(65'537, 1);
    auto bytes = base::fromHex(json.get<std::string>());
    REQUIRE(bytes);
    return *bytes;
}

template <class Id>
Id idOf(const Json& json) {
    Bytes bytes = bytesOf(json);
    REQUIRE(bytes.size() == Id::kSize);
    return Id::from(bytes);
}

ChainState stateOf(const Json& json) {
    const Json& seen = json.at("seen");
    return {json.at("nextSeq"),
            idOf<base::Hash>(json.at("tip")),
            json.at("claimed"),
            {seen.at("epoch"), seen.at("ledgerSize"), seen.at("directorySize"),
             idOf<ledger::ShortRoot>(seen.at("root"))}};
}

ledger::ChainId chainOf(const Json& inputs) {
    const Json& chain = inputs.at("chain");
    return {idOf<base::ScopeId>(chain.at("scope")), idOf<base::DeviceId>(chain.at("device")),
            idOf<base::IncarnationId>(chain.at("incarnation"))};
}

/// The error has the code that the vector names.
template <class R>
void isRefused(const R& result, const Json& vector) {
    INFO(vector.at("reason").get<std::string>());
    REQUIRE_FALSE(result);
    CHECK(base::codeName(result.error().code) == vector.at("error").get<std::string>());
}

template <class F>
void forEach(const Json& list, std::size_t countMin, F check) {
    CHECK(list.size() >= countMin);
    for (const Json& vector : list) check(vector);
}

}  // namespace

TEST_CASE("golden: the committed files are what the program makes") {
    REQUIRE(crypto::initialise());
    for (const golden::File& file : golden::makeAll()) {
        INFO(file.name);
        CHECK((committed(file.name) == golden::textOf(file.content)));
    }
}

TEST_CASE("golden: first frames are read and written as committed, and the rejects are refused") {
    Json json = load("frame.json");
    forEach(json["client"]["accepts"], 4, [](const Json& vector) {
        auto prologue = transport::Prologue::fromWire(bytesOf(vector["bytes"]));
        REQUIRE(prologue);
        CHECK(describe(*prologue) == vector["expect"]);
        CHECK(prologue->toWire() == bytesOf(vector["bytes"]));
    });
    forEach(json["client"]["rejects"], 4, [](const Json& vector) {
        isRefused(transport::Prologue::fromWire(bytesOf(vector["bytes"])), vector);
    });
    forEach(json["server"]["accepts"], 7, [](const Json& vector) {
        auto header = transport::readFirstFrameHeader(bytesOf(vector["bytes"]));
        REQUIRE(header);
        REQUIRE(*header);
        CHECK(describe(**header) == vector["expect"]);
    });
    forEach(json["server"]["rejects"], 6, [](const Json& vector) {
        isRefused(transport::readFirstFrameHeader(bytesOf(vector["bytes"])), vector);
    });
}

TEST_CASE("golden: headers resolve to the committed values, and the rejects are refused") {
    Json json = load("header.json");
    forEach(json["accepts"], 8, [](const Json& vector) {
        INFO(vector["name"].get<std::string>());
        ChainState before = stateOf(vector["before"]);
        ChainState state = before;
        Bytes bytes = bytesOf(vector["bytes"]);
        auto entry = ledger::advance(state, bytes);
        REQUIRE(entry);
        CHECK(describe(entry->header) == vector["expect"]);
        CHECK(entry->body.empty());
        CHECK(ledger::encodeHeader(entry->header, before) == bytes);
    });
    forEach(json["rejects"], 12, [](const Json& vector) {
        ChainState state = stateOf(vector["before"]);
        Bytes bytes = bytesOf(vector["bytes"]);
        isRefused(ledger::advance(state, bytes), vector);
        CHECK((state == stateOf(vector["before"])));
    });
}

TEST_CASE("golden: entries hash, and their bodies open, as committed") {
    Json json = load("entry.json");
    const Json& inputs = json["inputs"];
    auto province = idOf<base::ProvinceId>(inputs["province"]);
    auto key = crypto::SecretKey::from(bytesOf(inputs["scopeKey"]));
    ledger::ChainId chain = chainOf(inputs);
    CHECK(ledger::keyCommitment(province, chain.scope, 1, key).hex() ==
          inputs["keyCommitment"].get<std::string>());
    ChainState state = ChainState::start(province, chain);
    CHECK(state.tip.hex() == inputs["start"].get<std::string>());
    forEach(json["accepts"], 3, [&](const Json& vector) {
        Bytes bytes = bytesOf(vector["bytes"]);
        auto entry = ledger::advance(state, bytes);
        REQUIRE(entry);
        CHECK(describe(*entry) == vector["expect"]);
        Bytes plain;
        REQUIRE(ledger::openBody(key, *entry, plain));
        CHECK(std::string(base::text(plain)) == vector["plaintext"].get<std::string>());
    });
    forEach(json["rejects"], 5, [&](const Json& vector) {
        ChainState before = stateOf(vector["before"]);
        Bytes bytes = bytesOf(vector["bytes"]);
        auto entry = ledger::advance(before, bytes);
        REQUIRE(entry);
        Bytes plain;
        isRefused(ledger::openBody(key, *entry, plain), vector);
        CHECK(plain.empty());
    });
}

TEST_CASE("golden: segments are verified with their seal, and the rejects are refused") {
    Json json = load("segment.json");
    const Json& inputs = json["inputs"];
    auto verify = [&](const Bytes& bytes, ChainState& state) -> base::Status {
        TRY(ledger::Segment segment, ledger::parseSegment(bytes));
        std::vector<ledger::Entry> entries;
        return ledger::verifySegment(idOf<base::ProvinceId>(inputs["province"]),
                                     idOf<base::PublicKey>(inputs["deviceKey"]), segment, state,
                                     entries);
    };
    forEach(json["accepts"], 4, [&](const Json& vector) {
        Bytes bytes = bytesOf(vector["bytes"]);
        auto segment = ledger::parseSegment(bytes);
        REQUIRE(segment);
        CHECK(describe(*segment) == vector["expect"]);
        CHECK(describe(segment->chain) == inputs["chain"]);
        ChainState state = stateOf(vector["before"]);
        REQUIRE(verify(bytes, state));
        CHECK(describe(state) == vector["after"]);
        Bytes again;
        ledger::encodeSegment(segment->chain, segment->firstSeq, segment->prev, segment->entries,
                              segment->seal, again);
        CHECK(again == bytes);
    });
    forEach(json["rejects"], 14, [&](const Json& vector) {
        ChainState state = stateOf(vector["before"]);
        isRefused(verify(bytesOf(vector["bytes"]), state), vector);
        CHECK(describe(state) == vector["before"]);
    });
}

TEST_CASE("golden: records give the committed leaves and roots") {
    Json json = load("record.json");
    const Json& inputs = json["inputs"];
    auto directoryRoot = idOf<base::Hash>(inputs["directoryRoot"]);
    ledger::Frontier frontier;
    CHECK(frontier.root().hex() == inputs["emptyRoot"].get<std::string>());
    ChainState state =
        ChainState::start(idOf<base::ProvinceId>(inputs["province"]), chainOf(inputs));
    forEach(json["accepts"], 2, [&](const Json& vector) {
        Bytes bytes = bytesOf(vector["bytes"]);
        auto record = ledger::parseRecord(bytes);
        REQUIRE(record);
        CHECK(describe(record->at) == vector["expect"]);
        std::vector<ledger::Entry> entries;
        REQUIRE(ledger::verifySegment(idOf<base::ProvinceId>(inputs["province"]),
                                      idOf<base::PublicKey>(inputs["deviceKey"]), record->segment,
                                      state, entries));
        Json leaves = Json::array();
        for (const ledger::Entry& entry : entries) {
            base::Hash leaf = ledger::leafHash(entry.hash, record->at, directoryRoot);
            frontier.append(leaf);
            leaves.push_back(leaf.hex());
        }
        CHECK(leaves == vector["leaves"]);
        CHECK(frontier.root().hex() == vector["rootAfter"].get<std::string>());
    });
    forEach(json["rejects"], 5, [](const Json& vector) {
        isRefused(ledger::parseRecord(bytesOf(vector["bytes"])), vector);
    });
}

TEST_CASE("golden: heads verify under the server's key, and the rejects do not") {
    Json json = load("head.json");
    auto key = idOf<base::PublicKey>(json["inputs"]["headKey"]);
    auto read = [&](const Bytes& bytes) -> base::Result<ledger::Head> {
        TRY(ledger::Head head, ledger::Head::decode(bytes));
        if (!head.verify(key)) return base::fail(base::Code::BadSignature, "another signature");
        return head;
    };
    forEach(json["accepts"], 2, [&](const Json& vector) {
        auto head = read(bytesOf(vector["bytes"]));
        REQUIRE(head);
        CHECK(describe(*head) == vector["expect"]);
        CHECK(head->encode() == bytesOf(vector["bytes"]));
    });
    forEach(json["rejects"], 6,
            [&](const Json& vector) { isRefused(read(bytesOf(vector["bytes"])), vector); });
}

TEST_CASE("golden: invitation codes are read as committed, and mistyped ones refused") {
    Json json = load("invitation.json");
    forEach(json["accepts"], 7, [](const Json& vector) {
        auto code = vector["code"].get<std::string>();
        INFO(code);
        auto invitation = domain::Invitation::parse(code);
        REQUIRE(invitation);
        CHECK(describe(*invitation) == vector["expect"]);
        CHECK(invitation->province.has_value() == (vector["form"] == "long"));
    });
    forEach(json["rejects"], 11, [](const Json& vector) {
        isRefused(domain::Invitation::parse(vector["code"].get<std::string>()), vector);
    });
}

TEST_CASE("golden: bootstrap tokens are read as committed, and mistyped ones refused") {
    Json json = load("bootstrap.json");
    forEach(json["accepts"], 2, [](const Json& vector) {
        auto token = domain::BootstrapToken::parse(vector["code"].get<std::string>());
        REQUIRE(token);
        CHECK(describe(*token) == vector["expect"]);
        CHECK(token->code() == vector["code"].get<std::string>());
    });
    forEach(json["rejects"], 8, [](const Json& vector) {
        isRefused(domain::BootstrapToken::parse(vector["code"].get<std::string>()), vector);
    });
}

TEST_CASE("golden: officers' statements verify as committed, and the rejects do not") {
    Json json = load("statement.json");
    auto read = [&](const Json& vector) -> base::Result<domain::Stated> {
        TRY(auto changes, wire::decodeBody(bytesOf(vector["body"])));
        const Json& in = vector.contains("inputs") ? vector["inputs"] : json["inputs"];
        REQUIRE(changes.size() == 1);
        auto stated = std::get<domain::Stated>(changes[0]);
        auto key = idOf<base::PublicKey>(in["officerKey"]);
        const Bytes statement =
            domain::statementOf(stated.written, idOf<base::ProvinceId>(in["province"]),
                                idOf<base::ScopeId>(in["scope"]));
        if (vector.contains("statement")) CHECK(statement == bytesOf(vector["statement"]));
        bool isGood = stated.officer == domain::officerNumber(key) &&
                      crypto::verify(key, crypto::Context::Statement, statement, stated.signature);
        if (!isGood) return base::fail(base::Code::BadSignature, "another signature");
        return stated;
    };
    forEach(json["accepts"], 4, [&](const Json& vector) {
        INFO(vector["name"].get<std::string>());
        auto stated = read(vector);
        REQUIRE(stated);
        CHECK(describe(*stated) == vector["expect"]);
        const domain::Change change = *stated;
        CHECK(wire::encodeBody(std::span(&change, 1)) == bytesOf(vector["body"]));
    });
    forEach(json["rejects"], 8, [&](const Json& vector) { isRefused(read(vector), vector); });
}
