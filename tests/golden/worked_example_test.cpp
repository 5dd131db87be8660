// The worked example of schemas/PROTOCOL.md, section 19: every value there is what the program
// makes.

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include "domain/names.h"
#include "domain/row.h"
#include "ledger/body.h"
#include "ledger/head.h"
#include "ledger/merkle.h"
#include "ledger/record.h"
#include "wire/body.h"
#include "wire/compress.h"
#include "wire/messages.h"

using base::Bytes;
using base::Hash;

namespace {

/// The section without blanks and signs between bytes.
std::string example() {
    std::ifstream in(PROTOCOL_FILE, std::ios::binary);
    REQUIRE(in);
    std::ostringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    const auto from = all.find("## 19 Worked example");
    REQUIRE(from != std::string::npos);
    std::string out;
    for (char c : all.substr(from)) {
        const bool isSign = static_cast<unsigned char>(c) >= 0x80;  // of "‖"
        if (c != ' ' && c != '\n' && !isSign) out += c;
    }
    return out;
}

template <class T>
T filled(std::uint8_t byte) {
    return T::from(Bytes(sizeof(T), byte));
}

constexpr base::TimeMs kClaimed = 1'756'600'000'000;
constexpr std::uint64_t kArrival = 1'756'600'005'000;
constexpr std::uint32_t kFoldVersion = 1;

}  // namespace

TEST_CASE("golden: the worked example of the protocol is what the program makes") {
    REQUIRE(crypto::initialise());
    const std::string text = example();
    auto stands = [&](std::string label, base::ByteView value) {
        std::erase(label, ' ');
        INFO(label << " " << base::toHex(value));
        CHECK(text.find(label + base::toHex(value)) != std::string::npos);
    };

    Bytes province(32);
    for (std::uint8_t i = 0; i < 32; ++i) province[i] = i;
    const auto p = base::ProvinceId::from(province);
    const auto device = crypto::SigningKey::fromSeed(filled<crypto::SecretKey>(1));
    const auto server = crypto::SigningKey::fromSeed(filled<crypto::SecretKey>(2));
    const auto scopeKey = filled<crypto::SecretKey>(7);
    const auto directoryRoot = filled<Hash>(0xDD);
    const ledger::ChainId chain{domain::scopeIdOf(p, "X023"),
                                domain::deviceIdOf(p, device.publicKey),
                                filled<base::IncarnationId>(0xAA)};
    ledger::ChainState state = ledger::ChainState::start(p, chain);
    stands("device key", device.publicKey.view());
    stands("device", chain.device.view());
    stands("directory scope", domain::directoryScope(p).view());
    stands("scope of X023", chain.scope.view());
    stands("empty root", ledger::LedgerHash::empty().view());
    stands("h(-1)", state.tip.view());
    stands("commitment", ledger::keyCommitment(p, chain.scope, 1, scopeKey).view());

    const domain::Written act{domain::ObjectKind::Assignment,
                              filled<base::ObjectId>(0x33),
                              {{domain::Field::Percent, std::int64_t{50}, {}}}};
    const domain::Change change = act;
    const Bytes message = wire::encodeBody(std::span(&change, 1));
    stands("message", message);
    // RFC 8878, section 3.1.1: one segment with one byte of content size, one raw block, the last.
    Bytes frame{0x20, static_cast<std::uint8_t>(message.size())};
    const auto block = static_cast<std::uint32_t>(message.size() << 3 | 1);
    for (int shift : {0, 8, 16}) frame.push_back(static_cast<std::uint8_t>(block >> shift));
    base::Writer(frame).raw(message);
    CHECK(wire::decompress(frame, 0, message.size()) == message);
    stands("frame", base::ByteView(frame).first(5));

    ledger::Header header;
    header.keyVersion = 1;
    header.claimed = kClaimed;
    header.seen = {0, 0, 5, {}};
    const Bytes headerBytes = ledger::encodeHeader(header, state);
    stands("header", headerBytes);
    const auto keys =
        crypto::keyedHash64(scopeKey.view(), {base::view("ts-body"), state.tip.view()});
    stands("k", keys.view().first(32));
    stands("s", keys.view().subspan(32));
    Bytes body;
    ledger::sealBody(scopeKey, state.tip, headerBytes, frame, body);
    stands("nonce", base::ByteView(body).first(12));
    stands("body", body);
    Bytes entryBytes = headerBytes;
    base::Writer(entryBytes).raw(body);
    CHECK(text.find("theentry" + std::to_string(entryBytes.size())) != std::string::npos);
    const auto entry = ledger::advance(state, entryBytes);
    REQUIRE(entry);
    stands("e(0)", entry->entryHash.view());
    stands("h(0)", entry->hash.view());
    CHECK(text.find("writeid" + std::to_string(ledger::writeIdOf(entry->hash))) !=
          std::string::npos);
    const auto seal =
        crypto::sign(device, crypto::Context::Seal, ledger::sealedBytes(p, chain, 0, entry->hash));
    stands("seal", seal.view());

    Bytes segment;
    const base::ByteView entries[] = {entryBytes};
    ledger::encodeSegment(chain, 0, entry->prev, entries, seal, segment);
    CHECK(text.find("oneentry(" + std::to_string(segment.size()) + "bytes)") != std::string::npos);
    stands("H(\"\", segment)", crypto::hash("", {segment}).view());
    const Hash leaf = ledger::leafHash(entry->hash, {kArrival, 5, kArrival}, directoryRoot);
    stands("leaf = root at 1", leaf.view());
    stands("node(leaf, leaf)", ledger::LedgerHash::node(leaf, leaf).view());
    ledger::Head head{p, chain.scope, 0, 1, leaf, kArrival, 1, {}};
    head.sign(server);
    stands("H(\"\", head)", crypto::hash("", {head.encode()}).view());
    stands("hello digest", wire::digestOf({{chain.scope, 0, 1, ledger::shortRoot(leaf)}}).view());

    domain::Row row(act.kind, act.id);
    row.apply({ledger::writeIdOf(entry->hash), 0}, act.fields);
    Bytes rowBytes;
    row.encode(rowBytes);
    stands("row", rowBytes);
    auto digest = [&](std::uint64_t size, base::ByteView rows) {
        return crypto::Hasher("ts-state").u32(kFoldVersion).u64(size).add(rows).finish();
    };
    stands("state digest", digest(1, rowBytes).view());
    stands("of no ledger", digest(0, {}).view());
    stands("of directory", digest(5, directoryRoot.view()).view());
}
