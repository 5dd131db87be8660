#include "ledger/merkle.h"
#include "vectors.h"

namespace golden {
namespace {

using base::Bytes;
using base::ByteView;
using base::Hash;
using ledger::ChainState;
using ledger::Header;
using test::SeededRandom;

constexpr base::TimeMs kClaimed = 1'756'600'000'000;

/// Three entries of a commune's device, as they stand in entry.json, segment.json and record.json.
struct Chain {
    Chain() {
        Header header;
        header.keyVersion = 1;
        header.claimed = kClaimed;
        header.seen = {1, 300, 45, random.make<ledger::ShortRoot>()};
        header.continues =
            ledger::Continues{random.make<base::IncarnationId>(), 12, random.make<Hash>()};
        add(header, "Đã tiếp nhận nhiệm vụ.");
        header.claimed += 90'000;
        header.continues.reset();
        add(header, "");
        header.claimed -= 3'600'000;  // the clock was put right
        header.dictionary = 1;
        header.seen.ledgerSize = 302;
        header.restates = random.make<Hash>();
        add(header, "Đã hoàn thành, trình Chủ tịch UBND xã ký.");
    }

    void add(const Header& header, std::string_view plain) {
        ChainState state = states.back();
        Bytes bytes = ledger::encodeHeader(header, state);
        Bytes body;
        ledger::sealBody(scopeKey, state.tip, bytes, base::view(plain), body);
        base::Writer(bytes).raw(body);
        (void)ledger::advance(state, bytes);
        entries.push_back(bytes);
        plains.emplace_back(plain);
        states.push_back(state);
    }
    Bytes segment(std::size_t first, std::size_t end) const {
        std::vector<ByteView> views;
        for (std::size_t i = first; i < end; ++i) views.emplace_back(entries[i]);
        Bytes sealed = ledger::sealedBytes(province, id, end - 1, states[end].tip);
        Bytes out;
        ledger::encodeSegment(id, first, states[first].tip, views,
                              crypto::sign(key, crypto::Context::Seal, sealed), out);
        return out;
    }
    Json inputs() const {
        return {{"province", province.hex()},
                {"chain", describe(id)},
                {"deviceKey", key.publicKey.hex()}};
    }

    SeededRandom random{500};
    base::ProvinceId province = random.make<base::ProvinceId>();
    ledger::ChainId id{random.make<base::ScopeId>(), random.make<base::DeviceId>(),
                       random.make<base::IncarnationId>()};
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    crypto::SecretKey scopeKey = crypto::SecretKey::random(random);
    std::vector<Bytes> entries;
    std::vector<std::string> plains;
    std::vector<ChainState> states{ChainState::start(province, id)};
};

Json reject(const char* reason, const ChainState& before, const Bytes& bytes, const char* error) {
    return {
        {"reason", reason}, {"before", describe(before)}, {"bytes", hex(bytes)}, {"error", error}};
}

}  // namespace

Json describe(const ledger::Seen& s) {
    return {{"epoch", s.epoch},
            {"ledgerSize", s.ledgerSize},
            {"directorySize", s.directorySize},
            {"root", s.root.hex()}};
}

Json describe(const ChainState& s) {
    return {{"nextSeq", s.nextSeq},
            {"tip", s.tip.hex()},
            {"claimed", s.claimed},
            {"seen", describe(s.seen)}};
}

Json describe(const Header& h) {
    Json out{{"keyVersion", h.keyVersion},
             {"dictionary", h.dictionary},
             {"claimed", h.claimed},
             {"seen", describe(h.seen)}};
    if (h.restates) out["restates"] = h.restates->hex();
    if (h.continues) {
        out["continues"] = {{"incarnation", h.continues->incarnation.hex()},
                            {"seq", h.continues->seq},
                            {"tip", h.continues->tip.hex()}};
    }
    return out;
}

Json describe(const ledger::Entry& e) {
    return {{"seq", e.seq},
            {"header", describe(e.header)},
            {"headerBytes", e.headerBytes.size()},
            {"prev", e.prev.hex()},
            {"entryHash", e.entryHash.hex()},
            {"hash", e.hash.hex()},
            {"writeId", ledger::writeIdOf(e.hash)}};
}

Json describe(const ledger::ChainId& c) {
    return {
        {"scope", c.scope.hex()}, {"device", c.device.hex()}, {"incarnation", c.incarnation.hex()}};
}

Json describe(const ledger::Segment& s) {
    Json entries = Json::array();
    for (ByteView entry : s.entries) entries.push_back(hex(entry));
    return {{"chain", describe(s.chain)},
            {"firstSeq", s.firstSeq},
            {"prev", s.prev.hex()},
            {"entries", entries},
            {"seal", s.seal.hex()}};
}

Json describe(const ledger::Arrival& at) {
    return {{"arrival", at.arrival},
            {"directorySize", at.directorySize},
            {"firstArrival", at.firstArrival}};
}

Json describe(const ledger::Head& h) {
    return {{"province", h.province.hex()},
            {"scope", h.scope.hex()},
            {"epoch", h.epoch},
            {"size", h.size},
            {"root", h.root.hex()},
            {"time", h.time},
            {"charterVersion", h.charterVersion}};
}

Json makeHeaders() {
    SeededRandom random(400);
    ChainState start;
    ChainState later{
        7, random.make<Hash>(), kClaimed, {1, 300, 45, random.make<ledger::ShortRoot>()}};
    Json accepts = Json::array();
    auto accept = [&](const char* name, const ChainState& before, const Header& header) {
        accepts.push_back({{"name", name},
                           {"before", describe(before)},
                           {"bytes", hex(ledger::encodeHeader(header, before))},
                           {"expect", describe(header)}});
    };
    Header h;
    accept("a plain first entry that saw nothing", start, h);
    h.keyVersion = 3;
    h.claimed = kClaimed;
    h.seen = {1, 128, 16'384, random.make<ledger::ShortRoot>()};
    accept("a first entry", start, h);
    h.continues = ledger::Continues{random.make<base::IncarnationId>(), 999, random.make<Hash>()};
    accept("a first entry that continues an incarnation", start, h);
    h.restates = random.make<Hash>();
    accept("a first entry that continues and restates", start, h);
    h = {};
    h.keyVersion = 3;
    h.claimed = kClaimed + 1;
    h.seen = later.seen;
    accept("nothing new seen", later, h);
    h.claimed = kClaimed - 1;
    accept("claimed before its predecessor", later, h);
    h.claimed = 0;
    h.seen = {2, 0, 0, {}};
    accept("everything new, claimed at the start of time", later, h);
    h.dictionary = 255;
    h.keyVersion = UINT64_MAX;
    h.restates = random.make<Hash>();
    accept("restates, with the largest numbers", later, h);

    Json rejects = Json::array();
    auto bare = [](std::uint8_t first, std::int64_t step) {
        Bytes out;
        base::Writer(out).u8(first).varint(1).u8(0).zigzag(step);
        return out;
    };
    auto seen = [](Bytes bytes, std::uint64_t epoch, const ledger::ShortRoot& root) {
        base::Writer(bytes).varint(epoch).varint(300).varint(45).raw(root.view());
        return bytes;
    };
    ledger::ShortRoot other;
    rejects.push_back(reject("seq 0 without what was seen", start, bare(0x01, 1), "malformed"));
    rejects.push_back(reject("format 0", start, seen(bare(0x10, 1), 1, other), "malformed"));
    rejects.push_back(reject("format 2", start, seen(bare(0x12, 1), 1, other), "malformed"));
    rejects.push_back(reject("bit 7", start, seen(bare(0x91, 1), 1, other), "malformed"));
    rejects.push_back(reject("an epoch of 33 bits", start,
                             seen(bare(0x11, 1), std::uint64_t{1} << 32, other), "malformed"));
    rejects.push_back(
        reject("continues behind seq 0", later, seen(bare(0x51, 1), 1, other), "malformed"));
    rejects.push_back(reject("what was seen, repeated", later,
                             seen(bare(0x11, 1), 1, later.seen.root), "malformed"));
    rejects.push_back(
        reject("a number in too many bytes", later, {0x01, 0x81, 0x00, 0x00, 0x02}, "malformed"));
    rejects.push_back(reject("claimed beyond 64 bits", later, bare(0x01, INT64_MAX), "malformed"));
    rejects.push_back(reject("restates, cut", later, bare(0x21, 1), "malformed"));
    rejects.push_back(reject("nothing", later, {}, "malformed"));
    rejects.push_back(reject("over 64 KiB", later, Bytes(64 * 1024 + 1, 1), "limit"));
    rejects.back()["bytes"] = "01 x 65537";
    return {{"layout", "header of an entry"}, {"accepts", accepts}, {"rejects", rejects}};
}

Json makeEntries() {
    Chain chain;
    Json accepts = Json::array();
    ChainState state = chain.states[0];
    for (std::size_t i = 0; i < chain.entries.size(); ++i) {
        auto entry = ledger::advance(state, chain.entries[i]);
        accepts.push_back({{"bytes", hex(chain.entries[i])},
                           {"plaintext", chain.plains[i]},
                           {"expect", describe(*entry)}});
    }
    Json rejects = Json::array();
    auto rejectBody = [&](const char* reason, std::size_t place, const Bytes& bytes) {
        rejects.push_back(reject(reason, chain.states[place], bytes, "bad_signature"));
    };
    Bytes bytes = chain.entries[0];
    bytes.back() ^= 1;
    rejectBody("a changed tag", 0, bytes);
    bytes = chain.entries[0];
    bytes[1] ^= 2;
    rejectBody("another key version in the header", 0, bytes);
    rejectBody("an entry at another place of the chain", 2, chain.entries[1]);
    bytes.assign(chain.entries[1].begin(), chain.entries[1].begin() + 20);
    rejectBody("a body shorter than nonce and tag", 1, bytes);
    Bytes header =
        ledger::encodeHeader({1, 0, kClaimed, chain.states[1].seen, {}, {}}, chain.states[1]);
    auto keys = crypto::keyedHash64(chain.scopeKey.view(),
                                    {base::view("ts-body"), chain.states[1].tip.view()});
    Bytes nonce(12, 0);
    bytes = header;
    base::Writer(bytes).raw(nonce);
    crypto::seal(keys.view().first(32), nonce, header, base::view("Đã ký."), bytes);
    rejectBody("a nonce that is not its text's, under a tag that verifies", 1, bytes);
    Json inputs = chain.inputs();
    inputs["scopeKey"] = hex(chain.scopeKey.view());
    inputs["start"] = chain.states[0].tip.hex();
    inputs["keyCommitment"] =
        ledger::keyCommitment(chain.province, chain.id.scope, 1, chain.scopeKey).hex();
    return {{"layout", "entries of one chain"},
            {"inputs", inputs},
            {"accepts", accepts},
            {"rejects", rejects}};
}

Json makeSegments() {
    Chain chain;
    Json accepts = Json::array();
    for (auto [first, end] : {std::pair{0U, 3U}, {0U, 1U}, {1U, 3U}, {2U, 3U}}) {
        Bytes bytes = chain.segment(first, end);
        auto segment = ledger::parseSegment(bytes);
        accepts.push_back({{"before", describe(chain.states[first])},
                           {"bytes", hex(bytes)},
                           {"expect", describe(*segment)},
                           {"after", describe(chain.states[end])}});
    }
    Json rejects = Json::array();
    Bytes good = chain.segment(1, 3);
    auto refuse = [&](const char* reason, std::size_t place, const Bytes& bytes,
                      const char* error) {
        rejects.push_back(reject(reason, chain.states[place], bytes, error));
    };
    auto changed = [&](std::size_t at) {
        Bytes bytes = good;
        bytes[at] ^= 1;
        return bytes;
    };
    refuse("a chain that ends before it", 0, good, "forked");
    refuse("a chain that has it already", 3, good, "forked");
    refuse("another previous hash", 1, changed(60), "forked");
    refuse("another first seq", 1, changed(48), "forked");
    refuse("another scope", 1, changed(0), "bad_signature");
    refuse("another device", 1, changed(16), "bad_signature");
    refuse("another incarnation", 1, changed(32), "bad_signature");
    refuse("a changed entry", 1, changed(120), "bad_signature");
    refuse("a changed seal", 1, changed(good.size() - 1), "bad_signature");
    Bytes bytes = good;
    bytes[56] = 0;
    refuse("no entries", 1, bytes, "malformed");
    bytes[56] = 3;
    refuse("fewer entries than it says", 1, bytes, "malformed");
    bytes[56] = 1;
    bytes[57] = 1;
    refuse("257 entries", 1, bytes, "malformed");
    bytes = good;
    bytes.push_back(0);
    refuse("a byte behind the seal", 1, bytes, "malformed");
    bytes.resize(good.size() - 1);
    refuse("a byte short", 1, bytes, "malformed");
    return {{"layout", "segments"},
            {"inputs", chain.inputs()},
            {"accepts", accepts},
            {"rejects", rejects}};
}

Json makeRecords() {
    Chain chain;
    Hash directoryRoot = crypto::hash("", {base::view("directory")});
    Json accepts = Json::array();
    ledger::Frontier frontier;
    std::string emptyRoot = frontier.root().hex();
    auto accept = [&](std::size_t first, std::size_t end, const ledger::Arrival& at) {
        Bytes bytes = chain.segment(first, end);
        if (at.firstArrival == at.arrival) {
            ledger::encodeArrival(at, bytes);
        } else {
            ledger::FormerPlace former;
            former.head.size = 1;
            former.at = {at.firstArrival, at.directorySize, at.firstArrival};
            ledger::encodeArrival(at, former, bytes);
        }
        Json leaves = Json::array();
        for (std::size_t i = first; i < end; ++i) {
            Hash leaf = ledger::leafHash(chain.states[i + 1].tip, at, directoryRoot);
            frontier.append(leaf);
            leaves.push_back(leaf.hex());
        }
        accepts.push_back({{"bytes", hex(bytes)},
                           {"expect", describe(at)},
                           {"leaves", leaves},
                           {"rootAfter", frontier.root().hex()}});
        return bytes;
    };
    Bytes first = accept(0, 2, {kClaimed + 5000, 45, kClaimed + 5000});
    accept(2, 3, {kClaimed + 9000, 46, kClaimed + 6000});
    Json rejects = Json::array();
    auto refuse = [&](const char* reason, const Bytes& bytes) {
        rejects.push_back({{"reason", reason}, {"bytes", hex(bytes)}, {"error", "malformed"}});
    };
    refuse("a segment without its times", chain.segment(0, 2));
    refuse("less than the times", Bytes(23, 0));
    Bytes bytes = first;
    bytes.pop_back();
    refuse("a byte short", bytes);
    bytes = first;
    bytes.push_back(0);
    refuse("a byte long", bytes);
    bytes = chain.segment(2, 3);
    ledger::encodeArrival({kClaimed + 9000, 46, kClaimed + 6000}, bytes);
    refuse("an earlier first arrival without its place", bytes);
    Json inputs = chain.inputs();
    inputs["directoryRoot"] = directoryRoot.hex();
    inputs["emptyRoot"] = emptyRoot;
    return {{"layout", "records of one ledger"},
            {"inputs", inputs},
            {"accepts", accepts},
            {"rejects", rejects}};
}

Json makeHeads() {
    SeededRandom random(600);
    auto key = crypto::SigningKey::generate(random);
    Json accepts = Json::array();
    Bytes last;
    for (ledger::Head head : {ledger::Head{}, ledger::Head{random.make<base::ProvinceId>(),
                                                           random.make<base::ScopeId>(),
                                                           2,
                                                           30'000,
                                                           random.make<Hash>(),
                                                           kClaimed,
                                                           3,
                                                           {}}}) {
        head.sign(key);
        last = head.encode();
        accepts.push_back({{"bytes", hex(last)}, {"expect", describe(head)}});
    }
    Json rejects = Json::array();
    auto refuse = [&](const char* reason, const Bytes& bytes, const char* error) {
        rejects.push_back({{"reason", reason}, {"bytes", hex(bytes)}, {"error", error}});
    };
    Bytes bytes = last;
    bytes[0] = 2;
    refuse("format 2", bytes, "malformed");
    bytes = last;
    bytes.pop_back();
    refuse("a byte short", bytes, "malformed");
    bytes = last;
    bytes.push_back(0);
    refuse("a byte long", bytes, "malformed");
    bytes = last;
    bytes[53] ^= 1;
    refuse("another size", bytes, "bad_signature");
    bytes = last;
    bytes.back() ^= 1;
    refuse("another signature", bytes, "bad_signature");
    bytes = last;
    auto sealed = crypto::sign(key, crypto::Context::Seal, ByteView(last).first(last.size() - 64));
    std::copy(sealed.data.begin(), sealed.data.end(), bytes.end() - 64);
    refuse("signed as a seal", bytes, "bad_signature");
    return {{"layout", "heads"},
            {"inputs", {{"headKey", key.publicKey.hex()}}},
            {"accepts", accepts},
            {"rejects", rejects}};
}

}  // namespace golden
