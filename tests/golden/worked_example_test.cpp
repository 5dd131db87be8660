// The worked example of schemas/PROTOCOL.md, section 19, and the dictionary of section 5: every
// value there is what the program makes.

#include <catch2/catch.hpp>
#include <fstream>
#include <numeric>
#include <sstream>
#include "domain/invitation.h"
#include "domain/names.h"
#include "domain/row.h"
#include "ledger/body.h"
#include "ledger/head.h"
#include "ledger/merkle.h"
#include "ledger/record.h"
#include "transport/first_frame.h"
#include "wire/body.h"
#include "wire/compress.h"
#include "wire/dictionary.h"
#include "wire/messages.h"

using base::Bytes;
using base::Hash;

namespace {

/// Without blanks, line ends and what is not ASCII: bytes stand in groups, with signs between.
std::string squeezed(const std::string& text) {
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c > ' ' && static_cast<unsigned char>(c) < 0x80; });
    return out;
}

/// The document from a heading to the next of its kind.
std::string section(const std::string& heading) {
    std::ifstream in(PROTOCOL_FILE, std::ios::binary);
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    const auto from = all.find("\n## " + heading);
    REQUIRE(from != std::string::npos);
    return squeezed(all.substr(from, all.find("\n## ", from + 1) - from));
}

class Document {
public:
    explicit Document(const std::string& heading) : m_text(section(heading)) {}
    void says(const std::string& words) const {
        INFO(words);
        CHECK(m_text.find(squeezed(words)) != std::string::npos);
    }
    void says(const std::string& label, base::ByteView value) const {
        says(label + base::toHex(value));
    }

private:
    std::string m_text;
};

template <class T>
T filled(std::uint8_t byte) {
    return T::from(Bytes(sizeof(T), byte));
}

/// 000102…
template <class T>
T counted() {
    Bytes bytes(sizeof(T));
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    return T::from(bytes);
}

constexpr base::TimeMs kClaimed = 1'756'600'000'000;
constexpr std::uint64_t kArrival = 1'756'600'005'000;
constexpr std::uint32_t kFoldVersion = 1;

/// RFC 8878, section 3.1.1: one segment with one byte of content size, one raw block, the last.
Bytes rawFrame(const Bytes& message) {
    Bytes frame{0x20, static_cast<std::uint8_t>(message.size())};
    const auto block = static_cast<std::uint32_t>(message.size() << 3 | 1);
    for (int shift : {0, 8, 16}) frame.push_back(static_cast<std::uint8_t>(block >> shift));
    base::Writer(frame).raw(message);
    return frame;
}

/// The act of the example, as far as its entry.
struct Example {
    Example() {
        REQUIRE(crypto::initialise());
        header.keyVersion = 1;
        header.claimed = kClaimed;
        header.seen = {0, 0, 5, {}};
        headerBytes = ledger::encodeHeader(header, start);
        entryBytes = headerBytes;
        ledger::sealBody(scopeKey, start.tip, headerBytes, frame, entryBytes);
        auto advanced = ledger::advance(after, entryBytes);
        REQUIRE(advanced);
        entry = *advanced;
        seal = crypto::sign(device, crypto::Context::Seal,
                            ledger::sealedBytes(province, chain, 0, entry.hash));
        leaf = ledger::leafHash(entry.hash, {kArrival, 5, kArrival}, directoryRoot);
    }

    Document document{"19 Worked example"};
    base::ProvinceId province = counted<base::ProvinceId>();
    crypto::SigningKey device = crypto::SigningKey::fromSeed(filled<crypto::SecretKey>(1));
    crypto::SigningKey server = crypto::SigningKey::fromSeed(filled<crypto::SecretKey>(2));
    crypto::SecretKey scopeKey = filled<crypto::SecretKey>(7);
    Hash directoryRoot = filled<Hash>(0xDD);
    ledger::ChainId chain{domain::scopeIdOf(province, "X023"),
                          domain::deviceIdOf(province, device.publicKey),
                          filled<base::IncarnationId>(0xAA)};
    ledger::ChainState start = ledger::ChainState::start(province, chain);
    domain::Written act{domain::ObjectKind::Assignment,
                        filled<base::ObjectId>(0x33),
                        {{domain::Field::Percent, std::int64_t{50}, {}}}};
    domain::Change change = act;
    Bytes message = wire::encodeBody(std::span(&change, 1));
    Bytes frame = rawFrame(message);
    ledger::Header header;
    Bytes headerBytes;
    Bytes entryBytes;
    ledger::ChainState after = start;
    ledger::Entry entry;
    base::Signature seal;
    Hash leaf;
};

}  // namespace

TEST_CASE("golden: dictionary 1 is the one that the protocol names") {
    REQUIRE(crypto::initialise());
    const Document document("5 Bodies");
    const base::ByteView dictionary = wire::dictionaryBytes(1);
    CHECK(dictionary.size() == 65'421);
    document.says("section 5) of 65,421 bytes");
    document.says("H(\"\", dictionary 1)", crypto::hash("", {dictionary}).view());
}

TEST_CASE("golden: the names of the protocol's worked example are what the program makes") {
    const Example e;
    e.document.says("device key", e.device.publicKey.view());
    e.document.says("device", e.chain.device.view());
    e.document.says("directory scope", domain::directoryScope(e.province).view());
    e.document.says("scope of X023", e.chain.scope.view());
    e.document.says("empty root", ledger::LedgerHash::empty().view());
    e.document.says("h(-1)", e.start.tip.view());
    e.document.says("commitment",
                    ledger::keyCommitment(e.province, e.chain.scope, 1, e.scopeKey).view());
}

TEST_CASE("golden: the entry of the protocol's worked example is what the program makes") {
    const Example e;
    const auto size = [](const Bytes& bytes) { return std::to_string(bytes.size()); };
    e.document.says("message has " + size(e.message) + " bytes");
    e.document.says("header has " + size(e.headerBytes) + " bytes, the entry " +
                    size(e.entryBytes) + ".");
    e.document.says("message", e.message);
    CHECK(wire::decompress(e.frame, 0, e.message.size()) == e.message);
    e.document.says("frame", base::ByteView(e.frame).first(5));
    e.document.says("header", e.headerBytes);
    const auto keys =
        crypto::keyedHash64(e.scopeKey.view(), {base::view("ts-body"), e.start.tip.view()});
    e.document.says("k", keys.view().first(32));
    e.document.says("s", keys.view().subspan(32));
    e.document.says("nonce", e.entry.body.first(12));
    e.document.says("body", e.entry.body);
    e.document.says("e(0)", e.entry.entryHash.view());
    e.document.says("h(0)", e.entry.hash.view());
    e.document.says("write id " + std::to_string(ledger::writeIdOf(e.entry.hash)));
    e.document.says("seal", e.seal.view());
}

TEST_CASE("golden: the ledger of the protocol's worked example is what the program makes") {
    const Example e;
    Bytes segment;
    const base::ByteView entries[] = {e.entryBytes};
    ledger::encodeSegment(e.chain, 0, e.entry.prev, entries, e.seal, segment);
    e.document.says("one entry (" + std::to_string(segment.size()) + " bytes)");
    e.document.says("H(\"\", segment)", crypto::hash("", {segment}).view());
    e.document.says("leaf = root at 1", e.leaf.view());
    e.document.says("node(leaf, leaf)", ledger::LedgerHash::node(e.leaf, e.leaf).view());
    ledger::Head head{e.province, e.chain.scope, 0, 1, e.leaf, kArrival, 1, {}};
    head.sign(e.server);
    e.document.says("H(\"\", head)", crypto::hash("", {head.encode()}).view());
    const Hash digest = wire::digestOf({{e.chain.scope, 0, 1, ledger::shortRoot(e.leaf)}});
    e.document.says("hello digest", digest.view());
}

TEST_CASE("golden: the state of the protocol's worked example is what the program makes") {
    const Example e;
    domain::Row row(e.act.kind, e.act.id);
    row.apply({ledger::writeIdOf(e.entry.hash), 0}, e.act.fields);
    Bytes rowBytes;
    row.encode(rowBytes);
    e.document.says("row", rowBytes);
    auto digest = [&](std::uint64_t size, base::ByteView rows) {
        return crypto::Hasher("ts-state").u32(kFoldVersion).u64(size).add(rows).finish();
    };
    e.document.says("state digest", digest(1, rowBytes).view());
    e.document.says("of no ledger", digest(0, {}).view());
    e.document.says("of directory", digest(5, e.directoryRoot.view()).view());
}

TEST_CASE("golden: the statement of the protocol's worked example is what the program makes") {
    const Example e;
    const auto officer = crypto::SigningKey::fromSeed(filled<crypto::SecretKey>(3));
    e.document.says("officer's key", officer.publicKey.view());
    e.document.says("officer " + std::to_string(domain::officerNumber(officer.publicKey)));
    const Bytes statement = domain::statementOf(e.act, e.province, e.chain.scope);
    e.document.says(std::to_string(statement.size()) + " bytes that he signs");
    const std::size_t scopeAt = 8 + base::ProvinceId::kSize;
    CHECK(base::ByteView(statement).subspan(8, base::ProvinceId::kSize).front() == 0);
    e.document.says(base::toHex(base::ByteView(statement).first(8)) + "P" +
                    base::toHex(base::ByteView(statement).subspan(scopeAt)));
    e.document.says("signature",
                    crypto::sign(officer, crypto::Context::Statement, statement).view());
}

TEST_CASE("golden: the codes of the protocol's worked example are what the program makes") {
    const Example e;
    domain::Invitation invitation;
    invitation.secret = counted<domain::InvitationSecret>();
    e.document.says("short code " + invitation.shortCode() + "\n");
    invitation.province = e.province;
    invitation.serverKey = filled<base::ExchangeKey>(5);
    invitation.address = "127.0.0.1:7443";
    invitation.expiry = 1'760'000'000'000;
    e.document.says("long code " + invitation.longCode() + "genesis MAC");
    const auto keys = domain::InvitationKeys::derive(invitation.secret);
    e.document.says("invitation key", keys.key.publicKey.view());
    e.document.says("number", keys.number.view());
    e.document.says("tie for X023", keys.tie(e.province, "X023").view());
    domain::BootstrapToken token;
    token.secret = counted<crypto::Secret<16>>();
    e.document.says("genesis MAC", token.mac(e.province).view());
    e.document.says("session request", transport::Prologue{}.toWire());
}

TEST_CASE("golden: the derived names of the protocol's worked example are what the program makes") {
    const Example e;
    const Hash authority = domain::authorityFingerprint(1, {e.server.publicKey});
    e.document.says("authority keys", authority.view());
    e.document.says("in words " + domain::fingerprintWords(authority) + " device");
    const Hash device =
        domain::deviceFingerprint(e.province, e.device.publicKey, filled<base::ExchangeKey>(5));
    e.document.says("device's keys", device.view());
    e.document.says("read as " + domain::fingerprintWords(device) + " task");
    const base::ObjectId task = domain::taskIdOf("45/2020|2020-04-08", "rut ngan", 0);
    e.document.says("task", task.view());
    e.document.says("its assignment", domain::assignmentIdOf(task, e.chain.scope).view());
    e.document.says("note", domain::noteIdOf(e.entry.hash, 0).view());
}
