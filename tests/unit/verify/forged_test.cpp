// What a server, a device or both together cannot make anybody believe.

#include "exporting.h"
#include "wire/body.h"

using ledger::EntryProof;
using ledger::Receipt;
using test::Exporting;
using test::Fault;
using test::Machine;
using verify::Bound;

namespace {

/// A ledger of two entries that the server signs for: what the base receipt tells of, and one that
/// this device writes with this header. The directory's facts are the base's.
struct Forger {
    const Exporting& e;
    Receipt out;

    Forger(const Exporting& exporting, const Receipt& facts, const replica::Identity& by,
           const ledger::Header& header, const Receipt& before)
        : e(exporting), out(facts) {
        ledger::ChainId chain{before.head.scope, by.device, by.incarnation};
        auto state = ledger::ChainState::start(by.province, chain);
        EntryProof& p = out.entry;
        p.device = by.device;
        p.incarnation = by.incarnation;
        p.seq = 0;
        p.prev = state.tip;
        p.claimed = header.claimed;
        p.seen = header.seen;
        p.entry = ledger::encodeHeader(header, state);
        p.entry.push_back(7);
        p.later.clear();
        auto entry = ledger::advance(state, p.entry);
        REQUIRE(entry);
        p.seal = crypto::sign(by.deviceKey, crypto::Context::Seal,
                              ledger::sealedBytes(by.province, chain, 0, entry->hash));
        p.position = 1;
        p.place = facts.entry.place;
        leaf = {before.entry.place.leaf(hashOf(before)), p.place.leaf(entry->hash)};
        out.seenLedger.reset();
        out.head = before.head;
        if (out.namesLedgerLeaf()) out.seenLedger = {hashOf(before), before.entry.place};
        finish();
    }
    static base::Hash hashOf(const Receipt& r) {
        auto entry = ledger::readAlone(r.entry.seq, r.entry.prev, r.entry.claimed, r.entry.seen,
                                       r.entry.entry);
        REQUIRE(entry);
        return entry->hash;
    }
    void finish() {
        out.entry.place.path = {leaf[0]};
        if (out.seenLedger) out.seenLedger->place.path = {leaf[1]};
        out.head.size = 2;
        out.head.time = std::max(out.head.time, out.entry.place.at.arrival);
        out.head.root = ledger::LedgerHash::node(leaf[0], leaf[1]);
        out.head.sign(e.p.headKey);
    }
    std::array<base::Hash, 2> leaf;
};

ledger::Header headerOf(const Receipt& r, std::uint64_t ledgerSize, const base::Hash& root) {
    ledger::Header header;
    header.keyVersion = 1;
    header.claimed = r.entry.claimed;
    header.seen = r.entry.seen;
    header.seen.ledgerSize = ledgerSize;
    header.seen.root = ledger::shortRoot(root);
    return header;
}

Receipt resigned(const Exporting& e, Receipt receipt) {
    receipt.head.sign(e.p.headKey);
    return receipt;
}

template <class Item>
Item signedItem(base::Bytes body, const std::vector<crypto::SigningKey>& keys) {
    Item item;
    for (const crypto::SigningKey& key : keys)
        item.signatures.push_back(crypto::sign(key, crypto::Context::Charter, body));
    item.body = std::move(body);
    return item;
}

base::Bytes charter(const Exporting& e, std::uint32_t version, const crypto::SigningKey& headKey) {
    return wire::encodeCharter({base::copy(e.p.office.replica->identity().province.view()), version,
                                e.p.noiseKey.publicKey, headKey.publicKey});
}

std::vector<EntryProof*> factsOf(Receipt& receipt) {
    std::vector<EntryProof*> out;
    for (Receipt::Item& item : receipt.items) {
        if (auto* proof = std::get_if<EntryProof>(&item)) out.push_back(proof);
    }
    return out;
}

}  // namespace

TEST_CASE("forged: another fingerprint, another genesis, a genesis that is signed for nothing") {
    Exporting e;
    Receipt r = e.receipt(*e.a, e.first);
    auto checked = verify::checkReceipt(r.encode(), ledger::LedgerHash::empty());
    REQUIRE_FALSE(checked);
    CHECK((checked.error().fault == Fault::OtherRoot));

    Receipt bad = r;
    bad.genesis.signatures[0].data[3] ^= 1;
    e.refused(bad, Fault::GenesisUnsigned);
    bad = r;
    bad.genesis.signatures.push_back(bad.genesis.signatures[0]);
    e.refused(bad, Fault::GenesisUnsigned);
    bad.genesis.signatures.clear();
    e.refused(bad, Fault::GenesisUnsigned);
    bad = r;
    bad.genesis.body[40] ^= 1;
    CHECK_FALSE(e.check(bad));
}

TEST_CASE("forged: a head is verified with the key of the charter that it names, and no other") {
    Exporting e;
    const Receipt r = e.receipt(*e.a, e.first);
    const auto& authority = e.p.office.replica->identity().authorityKeys;
    test::SeededRandom random(5);
    auto newHeadKey = crypto::SigningKey::generate(random);

    Receipt next = r;
    next.items.emplace_back(signedItem<ledger::CharterBytes>(charter(e, 2, newHeadKey), authority));
    next.head.charterVersion = 2;
    next.head.sign(newHeadKey);
    CHECK(e.good(next).head.charterVersion == 2);
    // The old head still holds beside the new charter.
    Receipt old = next;
    old.head = r.head;
    CHECK(e.good(old).head.charterVersion == 1);

    Receipt bad = next;
    bad.head.sign(e.p.headKey);
    e.refused(bad, Fault::HeadUnsigned);
    bad = r;
    bad.head.sign(newHeadKey);
    e.refused(bad, Fault::HeadUnsigned);
    bad.head.charterVersion = 2;
    bad.head.sign(newHeadKey);
    e.refused(bad, Fault::HeadUnsigned);

    // A charter that nobody signed, somebody else signed, that came out of turn, or for another
    // province.
    auto withItem = [&](Receipt::Item item) {
        bad = next;
        bad.items.back() = std::move(item);
        e.refused(bad, Fault::CharterUnsigned);
    };
    withItem(signedItem<ledger::CharterBytes>(charter(e, 2, newHeadKey), {}));
    withItem(signedItem<ledger::CharterBytes>(charter(e, 2, newHeadKey), {newHeadKey}));
    withItem(signedItem<ledger::CharterBytes>(charter(e, 3, newHeadKey), authority));
    withItem(signedItem<ledger::AuthoritySetBytes>(charter(e, 2, newHeadKey), authority));
    base::Bytes foreign =
        wire::encodeCharter({base::Bytes(32, 9), 2, e.p.noiseKey.publicKey, newHeadKey.publicKey});
    withItem(signedItem<ledger::CharterBytes>(foreign, authority));

    // After a change of the authority keys the next charter needs the new ones.
    auto newAuthority = crypto::SigningKey::generate(random);
    base::Bytes set =
        wire::encodeAuthoritySet({base::copy(e.p.office.replica->identity().province.view()),
                                  2,
                                  {newAuthority.publicKey},
                                  1});
    Receipt third = r;
    third.items.emplace_back(signedItem<ledger::AuthoritySetBytes>(set, authority));
    third.items.emplace_back(
        signedItem<ledger::CharterBytes>(charter(e, 3, newHeadKey), {newAuthority}));
    third.head.charterVersion = 3;
    third.head.sign(newHeadKey);
    CHECK(e.good(third).head.charterVersion == 3);
    third.items.back() = signedItem<ledger::CharterBytes>(charter(e, 3, newHeadKey), authority);
    e.refused(third, Fault::CharterUnsigned);
}

TEST_CASE("forged: the proof of another leaf, another entry, another head") {
    Exporting e;
    const Receipt one = e.receipt(*e.b, e.first);
    const Receipt two = e.receipt(*e.b, e.second);
    const Receipt other = e.receipt(*e.c, e.other);
    Receipt bad = one;
    bad.entry.place = two.entry.place;
    e.refused(bad, Fault::NotInLedger);
    bad = one;
    bad.entry.position = 1;
    CHECK_FALSE(e.check(bad));
    bad = one;
    bad.entry.entry = two.entry.entry;
    CHECK_FALSE(e.check(bad));
    bad = one;
    bad.entry.place.at.arrival -= 1000;
    e.refused(bad, Fault::NotInLedger);
    bad = one;
    bad.head = other.head;
    e.refused(bad, Fault::NotInLedger);
    bad = one;
    bad.entry = other.entry;
    CHECK_FALSE(e.check(bad));
    bad = two;
    bad.seenLedger->hash = e.second;
    e.refused(bad, Fault::SeenUnproven);
    bad = two;
    bad.seenDirectory->place.at.arrival += 1;
    e.refused(bad, Fault::SeenUnproven);
    bad = one;
    bad.head.province = {};
    e.refused(resigned(e, bad), Fault::OtherProvince);
    bad = one;
    bad.head.scope = domain::directoryScope(bad.head.province);
    e.refused(resigned(e, bad), Fault::OtherLedger);
    bad = one;
    bad.head.time = bad.entry.place.at.arrival - 1;
    e.refused(resigned(e, bad), Fault::TimesContradict);
}

TEST_CASE("forged: facts of the directory that are missing, moved, unsealed or of another root") {
    Exporting e;
    const Receipt r = e.receipt(*e.a, e.first);
    for (std::size_t i = 0; i < r.items.size(); ++i) {
        INFO("item " << i);
        Receipt bad = r;
        bad.items.erase(bad.items.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK_FALSE(e.check(bad));
        bad = r;
        bad.items.push_back(bad.items[i]);
        CHECK_FALSE(e.check(bad));
        bad = r;
        factsOf(bad)[i]->seal.data[0] ^= 1;
        e.refused(bad, Fault::SealBroken);
        bad = r;
        factsOf(bad)[i]->position += 1;
        e.refused(bad, Fault::NotInDirectory);
        bad = r;
        factsOf(bad)[i]->place.at.arrival += 1;
        e.refused(bad, Fault::NotInDirectory);
    }
    Receipt bad = r;
    std::swap(bad.items.front(), bad.items.back());
    CHECK_FALSE(e.check(bad));
    bad = r;
    bad.entry.place.directoryRoot = e.root;
    e.refused(bad, Fault::NotInDirectory);
    bad = r;
    bad.entry.seal = factsOf(bad)[0]->seal;
    e.refused(bad, Fault::SealBroken);
}

TEST_CASE("forged: a server with its real key cannot give a device of another unit the right") {
    Exporting e;
    const Receipt x01 = e.receipt(*e.a, e.first);
    const Receipt x02 = e.receipt(*e.c, e.other);
    const replica::Identity& stranger = (*e.c)->identity();
    ledger::Header header = headerOf(x02, 0, {});
    // Both units are described in the same act of the directory, so only the right is missing.
    e.refused(Forger(e, x02, stranger, header, x01).out, Fault::NoRight);
    // With the facts of another device nothing shows this one.
    e.refused(Forger(e, x01, stranger, headerOf(x01, 0, {}), x01).out, Fault::DeviceUnknown);
    // The same entry by a device of the unit is believed.
    verify::CheckedReceipt good =
        e.good(Forger(e, x01, (*e.a)->identity(), headerOf(x01, 0, {}), x01).out);
    CHECK((good.notBefore.how == Bound::How::NothingSeen));
    // Nor can it seal in the device's place.
    Receipt bad = Forger(e, x01, (*e.a)->identity(), headerOf(x01, 0, {}), x01).out;
    bad.entry.seal = crypto::sign(e.p.headKey, crypto::Context::Seal, bad.entry.entry);
    e.refused(bad, Fault::SealBroken);
}

TEST_CASE("forged: what an author says it saw is believed only with the root of what it saw") {
    Exporting e;
    const Receipt before = e.receipt(*e.a, e.first);
    const replica::Identity& by = (*e.a)->identity();
    base::Hash seenRoot = before.entry.place.leaf(e.first);
    auto bound = [&](std::uint64_t size, const base::Hash& root) {
        return e.good(Forger(e, before, by, headerOf(before, size, root), before).out).notBefore;
    };
    Bound shown = bound(1, seenRoot);
    CHECK((shown.how == Bound::How::Shown));
    CHECK(shown.time == static_cast<base::TimeMs>(before.entry.place.at.arrival));
    CHECK((bound(1, e.root).how == Bound::How::OtherHistory));
    CHECK((bound(2, seenRoot).how == Bound::How::NotCovered));
    CHECK((bound(1'000'000, seenRoot).how == Bound::How::NotCovered));
    CHECK((bound(0, seenRoot).how == Bound::How::NothingSeen));
    ledger::Header otherEpoch = headerOf(before, 1, seenRoot);
    otherEpoch.seen.epoch = 3;
    Receipt receipt = before;
    receipt.seenDirectory.reset();
    CHECK((e.good(Forger(e, receipt, by, otherEpoch, before).out).notBefore.how ==
           Bound::How::NotCovered));
}

TEST_CASE("forged: an entry that is written again after a fork says so") {
    Exporting e;
    const Receipt before = e.receipt(*e.a, e.first);
    ledger::Header header = headerOf(before, 0, {});
    header.restates = e.second;
    header.continues = ledger::Continues{(*e.b)->identity().incarnation, 3, e.first};
    auto checked = e.good(Forger(e, before, (*e.a)->identity(), header, before).out);
    CHECK(checked.restates == e.second);
    CHECK(verify::textOf(checked, verify::Language::English).find(e.second.hex()) !=
          std::string::npos);
}

TEST_CASE("forged: an earlier first arrival is not believed") {
    Exporting e;
    const Receipt before = e.receipt(*e.a, e.first);
    Receipt facts = before;
    facts.entry.place.at.firstArrival -= 1;
    e.refused(Forger(e, facts, (*e.a)->identity(), headerOf(before, 0, {}), before).out,
              Fault::FirstArrivalUnproven);
}
