#include "wire/body.h"
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include "base/limits.h"
#include "sample_changes.h"

using base::Bytes;
using base::ByteView;
using base::Code;
using domain::Change;
using domain::Field;
using domain::FieldWrite;
using domain::ObjectKind;
using domain::Written;
using test::SeededRandom;
using wire::decodeBody;
using wire::encodeBody;
namespace limits = base::limits;

namespace {

Bytes one(const Change& change) {
    return encodeBody(std::span(&change, 1));
}

bool decodes(const Change& change) {
    auto read = decodeBody(one(change));
    if (!read) CHECK(read.error().code == Code::Malformed);
    return read.has_value();
}

bool writeDecodes(FieldWrite write, ObjectKind kind = ObjectKind::Task) {
    return decodes(Written{kind, {}, {std::move(write)}});
}

/// Where the union tag of the first change stands: behind the frame and the pointers to body, list
/// and list tag.
constexpr std::size_t kFirstTag = 32;

}  // namespace

TEST_CASE("body: every kind of change comes back as it was written") {
    auto changes = test::sampleChanges();
    std::set<std::size_t> kinds;
    for (const Change& change : changes) {
        INFO(domain::changeName(change));
        auto read = decodeBody(one(change));
        REQUIRE(read);
        REQUIRE(read->size() == 1);
        CHECK((read->front() == change));
        kinds.insert(change.index());
    }
    CHECK(kinds.size() == std::variant_size_v<Change> - 1);  // all but UnknownChange
    auto all = decodeBody(encodeBody(changes));
    REQUIRE(all);
    CHECK((*all == changes));
    auto none = decodeBody(encodeBody({}));
    REQUIRE(none);
    CHECK(none->empty());
}

TEST_CASE("body: the same changes give the same bytes") {
    CHECK(encodeBody(test::sampleChanges()) == encodeBody(test::sampleChanges()));
    CHECK(encodeBody(test::sampleChanges(1)) != encodeBody(test::sampleChanges(2)));
}

TEST_CASE("body: a kind of a newer version is kept as unknown, the rest is read") {
    std::vector<Change> changes{domain::DeviceRevoked{{}, "mất máy"},
                                domain::RuleSet{"grant", "confirm"}};
    Bytes bytes = encodeBody(changes);
    REQUIRE(bytes[kFirstTag] == 9);
    bytes[kFirstTag] = 200;
    bytes[kFirstTag + 1] = 1;
    auto read = decodeBody(bytes);
    REQUIRE(read);
    REQUIRE(read->size() == 2);
    CHECK((read->at(0) == Change(domain::UnknownChange{456})));
    CHECK((read->at(1) == changes[1]));
}

TEST_CASE("body: texts, lists and counts end at their limits") {
    std::vector<std::uint64_t> replaces(limits::kReplacesMax, 1);
    CHECK(writeDecodes({Field::TaskContent, std::string(limits::kTextBytesMax, 'a'), replaces}));
    CHECK_FALSE(
        writeDecodes({Field::TaskContent, std::string(limits::kTextBytesMax + 1, 'a'), {}}));
    replaces.push_back(1);
    CHECK_FALSE(writeDecodes({Field::TaskContent, std::string("a"), replaces}));
    std::vector<base::ObjectId> ids(limits::kListMax);
    CHECK(writeDecodes({Field::TaskDocuments, ids, {}}));
    ids.emplace_back();
    CHECK_FALSE(writeDecodes({Field::TaskDocuments, ids, {}}));
    std::vector<FieldWrite> fields(limits::kFieldsMax,
                                   FieldWrite{Field::TaskOrder, std::int64_t{1}, {}});
    CHECK(decodes(Written{ObjectKind::Task, {}, fields}));
    fields.push_back(fields[0]);
    CHECK_FALSE(decodes(Written{ObjectKind::Task, {}, fields}));
    std::vector<Change> changes(limits::kChangesMax, domain::RuleSet{"a", "b"});
    CHECK(decodeBody(encodeBody(changes)));
    changes.push_back(changes[0]);
    CHECK_FALSE(decodeBody(encodeBody(changes)));
    CHECK_FALSE(
        decodes(domain::UnitDescribed{std::string(65, 'X'), "a", domain::UnitLevel::Commune, ""}));
    CHECK_FALSE(
        decodes(domain::UnitDescribed{"X", std::string(257, 'a'), domain::UnitLevel::Commune, ""}));
    CHECK_FALSE(decodes(domain::RuleSet{std::string(65, 'r'), ""}));
    CHECK_FALSE(decodes(domain::RuleSet{"r", std::string(257, 'v')}));
    CHECK_FALSE(decodes(domain::Granted{{}, 1, {}, Bytes(257, 0)}));
    CHECK_FALSE(decodes(domain::KeyMade{{}, 1, {}, Bytes(257, 0), {}, 0, {}}));
    domain::CalendarSet calendar;
    for (int day = 0; day <= 4096; ++day) calendar.calendar.holidays.insert(base::Date{day});
    CHECK_FALSE(decodes(calendar));
    domain::Invited invited;
    invited.device = Bytes(17, 1);
    CHECK_FALSE(decodes(invited));
    invited.device.clear();
    invited.signatures.resize(65);
    CHECK_FALSE(decodes(invited));
}

TEST_CASE("body: fields that all displace the same writes name them once") {
    constexpr std::uint64_t kFirst = 0x1122'3344'5566'7788, kSecond = 0x99AA'BBCC'DDEE'FF00;
    auto saved = [](std::vector<std::vector<std::uint64_t>> replaces) {
        Written out{ObjectKind::Task, {}, {}};
        for (auto& ids : replaces)
            out.fields.push_back({Field::TaskOrder, std::int64_t{7}, std::move(ids)});
        return out;
    };
    auto mentions = [](const Bytes& body, std::uint64_t id) {
        Bytes wanted;
        base::Writer(wanted).u64(id);
        std::size_t out = 0;
        for (auto at = body.begin(); at != body.end(); ++out, ++at) {
            at = std::search(at, body.end(), wanted.begin(), wanted.end());
            if (at == body.end()) break;
        }
        return out;
    };
    const Written alike = saved({{kFirst, kSecond}, {kFirst, kSecond}, {kFirst, kSecond}});
    Bytes bytes = one(alike);
    CHECK(mentions(bytes, kFirst) == 1);
    CHECK((decodeBody(bytes)->front() == Change(alike)));
    for (const Written& mixed :
         {saved({{kFirst}, {kSecond}, {kFirst}}), saved({{kFirst}, {}}), saved({{}, {kFirst}})}) {
        CHECK((decodeBody(one(mixed))->front() == Change(mixed)));
    }
    // Word 11 is the list; the field is made to point at it, too: words 13 … 16, the pointer last.
    bytes = one(saved({{kFirst}}));
    REQUIRE(mentions(bytes, kFirst) == 1);
    const std::uint8_t backToWord11[] = {0xE9, 0xFF, 0xFF, 0xFF, 0x0D, 0, 0, 0};
    std::ranges::copy(backToWord11, bytes.begin() + std::ptrdiff_t{16} * 8);
    auto both = decodeBody(bytes);
    REQUIRE_FALSE(both);
    CHECK(both.error().code == Code::Malformed);
}

TEST_CASE("body: what all writes of an entry displace is bounded together") {
    const std::vector<std::uint64_t> most(limits::kReplacesMax, 1);
    const Written full{
        ObjectKind::Task,
        {},
        std::vector<FieldWrite>(limits::kFieldsMax, {Field::TaskOrder, std::int64_t{1}, most})};
    std::vector<Change> changes(
        limits::kBodyReplacesMax / (limits::kReplacesMax * limits::kFieldsMax), full);
    CHECK(decodeBody(encodeBody(changes)));
    changes.emplace_back(Written{ObjectKind::Task, {}, {{Field::TaskOrder, std::int64_t{1}, {1}}}});
    auto over = decodeBody(encodeBody(changes));
    REQUIRE_FALSE(over);
    CHECK(over.error().code == Code::Malformed);
}

TEST_CASE("body: a value of another type than its field's is refused") {
    CHECK_FALSE(writeDecodes({Field::TaskContent, std::int64_t{1}, {}}));
    CHECK_FALSE(writeDecodes({Field::TaskDeadline, std::string("31/08/2025"), {}}));
    CHECK_FALSE(writeDecodes({Field::TaskDocuments, std::string("a document"), {}}));
    CHECK_FALSE(writeDecodes({Field::TaskContent, std::vector<base::ObjectId>(1), {}}));
    CHECK(writeDecodes({Field::TaskContent, std::monostate{}, {}}));
    CHECK(writeDecodes({static_cast<Field>(60'000), std::int64_t{1}, {}}));
}

TEST_CASE("body: text that is not UTF-8 is refused") {
    for (const char* text : {"\xC3", "\xFF", "\xC0\x80", "\xED\xA0\x80", "a\x80"}) {
        CHECK_FALSE(writeDecodes({Field::TaskContent, std::string(text), {}}));
        CHECK_FALSE(decodes(domain::Noted{ObjectKind::Task, {}, domain::NoteKind::Comment, text}));
        CHECK_FALSE(decodes(domain::DeviceRevoked{{}, text}));
    }
}

TEST_CASE("body: a text with a zero byte is refused or kept whole") {
    const std::string text("an\0other", 8);
    auto keeps = [](const Change& change) {
        auto read = decodeBody(one(change));
        return !read || read->front() == change;
    };
    CHECK(keeps(Written{ObjectKind::Task, {}, {{Field::TaskContent, text, {}}}}));
    CHECK(keeps(domain::Noted{ObjectKind::Task, {}, domain::NoteKind::Comment, text}));
    CHECK(keeps(domain::UnitDescribed{"X01", text, domain::UnitLevel::Commune, "ST"}));
    CHECK(keeps(domain::RuleSet{"grant", text}));
}

TEST_CASE("body: a signed body that is no message is refused") {
    SeededRandom random;
    domain::SignedCharter charter = test::sampleSigned(random, test::sampleCharter(random, 2), {});
    CHECK_FALSE(decodes(charter));
    charter.body = wire::encodeCharter(charter.content);
    CHECK(decodes(charter));
    charter.body.pop_back();
    CHECK_FALSE(decodes(charter));
    charter.body = Bytes(16 * 1024 + 8, 0);
    CHECK_FALSE(decodes(charter));
}

TEST_CASE("body: exactly one message of one segment is read") {
    Bytes good = encodeBody(test::sampleChanges());
    REQUIRE(decodeBody(good));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK_FALSE(decodeBody(ByteView(good).first(size)));
    }
    for (std::size_t extra : {1, 7, 8, 16}) {
        Bytes longer = good;
        longer.resize(good.size() + extra);
        CHECK_FALSE(decodeBody(longer));
    }
    auto words = static_cast<std::uint32_t>(good.size() / 8 - 1);
    Bytes twoSegments;
    base::Writer(twoSegments).u32(1).u32(words).u32(0).u32(0).raw(ByteView(good).subspan(8));
    CHECK_FALSE(decodeBody(twoSegments));
    Bytes secondSegment;
    base::Writer(secondSegment)
        .u32(1)
        .u32(words)
        .u32(1)
        .u32(0)
        .raw(ByteView(good).subspan(8))
        .u64(0);
    CHECK_FALSE(decodeBody(secondSegment));
    Bytes manySegments;
    base::Writer(manySegments).u32(UINT32_MAX).u32(UINT32_MAX);
    CHECK_FALSE(decodeBody(manySegments));
}

TEST_CASE("body: a change that claims more words than there are is refused") {
    // A list of 2^29 - 1 elements without size would take no bytes: the traversal limit counts it
    // all the same.
    Bytes bytes;
    base::Writer w(bytes);
    w.u32(0).u32(4);
    w.u32(0).u16(0).u16(1);                  // root: no data, one pointer
    w.u32(1).u32(7);                         // its list: inline composite of 0 words
    w.u32((0x3FFFFFFFU << 2) & ~3U).u32(0);  // 2^30 - 1 elements of no words
    w.u64(0);
    CHECK_FALSE(decodeBody(bytes));
}

TEST_CASE("body: hostile bytes are refused or read as something that can be written again") {
    SeededRandom random(3);
    auto changes = test::sampleChanges();
    std::vector<Bytes> good{encodeBody(changes)};
    for (const Change& change : changes) good.push_back(one(change));
    int accepted = 0;
    for (int i = 0; i < 40'000; ++i) {
        Bytes bytes = good[random.below(good.size())];
        for (std::size_t n = 1 + random.below(4); n > 0; --n) {
            std::size_t at = random.below(bytes.size());
            if (random.below(2) == 0) {
                bytes[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
            } else {
                bytes[at] = static_cast<std::uint8_t>(random.number());
            }
        }
        auto read = decodeBody(bytes);
        if (!read) continue;
        bool unknown = std::any_of(read->begin(), read->end(), [](const Change& c) {
            return std::holds_alternative<domain::UnknownChange>(c);
        });
        if (unknown) continue;
        Bytes written = encodeBody(*read);
        auto again = decodeBody(written);
        REQUIRE(again);
        CHECK(encodeBody(*again) == written);
        ++accepted;
    }
    CHECK(accepted > 1000);
    for (int i = 0; i < 5000; ++i) {
        Bytes bytes;
        Bytes tail = random.bytes(8 * random.below(40));
        base::Writer(bytes).u32(0).u32(static_cast<std::uint32_t>(tail.size() / 8)).raw(tail);
        decodeBody(bytes);
        decodeBody(tail);
    }
}
