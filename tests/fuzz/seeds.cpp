// Writes the seeds of every target's corpus: honest inputs, from which a fuzzer finds its way.
//   THONGSUOT_SEEDS=FOLDER fuzz_seeds

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../unit/documents/zip_writer.h"
#include "../unit/session/history.h"
#include "../unit/transport/channel_pair.h"
#include "../unit/verify/exporting.h"
#include "../unit/wire/sample_changes.h"
#include "domain/invitation.h"
#include "domain/row.h"
#include "ledger/epoch.h"
#include "ledger/head.h"
#include "ledger/watermark.h"
#include "office/signing_request.h"
#include "ops/server_key.h"
#include "replica/identity.h"
#include "replica/view.h"
#include "store/ledger_tables.h"
#include "store/memory_store.h"
#include "store/vault.h"
#include "transport/first_frame.h"
#include "wire/compress.h"
#include "wire/messages.h"

namespace {

using base::Bytes;
using base::ByteView;

class Folder {
public:
    explicit Folder(std::filesystem::path path) : m_path(std::move(path)) {}
    void put(const std::string& target, ByteView bytes) {
        std::filesystem::path folder = m_path / target;
        std::filesystem::create_directories(folder);
        std::ofstream out(folder / ("seed-" + std::to_string(m_number[target]++)),
                          std::ios::binary);
        out.write(reinterpret_cast<const char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
    }
    void put(const std::string& target, std::string_view text) { put(target, base::view(text)); }

private:
    std::filesystem::path m_path;
    std::map<std::string, int> m_number;
};

Bytes withMode(std::uint8_t mode, ByteView bytes) {
    Bytes out{mode};
    base::Writer(out).raw(bytes);
    return out;
}

/// As fuzz::Input::piece() reads it.
void addPiece(Bytes& out, ByteView bytes) {
    base::Writer(out).u16(static_cast<std::uint16_t>(bytes.size())).raw(bytes);
}

Bytes pieces(std::initializer_list<ByteView> all) {
    Bytes out;
    for (ByteView one : all) addPiece(out, one);
    return out;
}

void frames(Folder& folder) {
    folder.put("frame", withMode(0, transport::Prologue{}.toWire()));
    Bytes answer;
    transport::writeFirstFrame(transport::FirstFrame::ClearAnswer, Bytes(40, 5), answer);
    folder.put("frame", withMode(1, answer));
    folder.put("frame", withMode(2, pieces({answer})));
    Bytes busy;
    transport::writeFirstFrame(transport::FirstFrame::Busy, {}, busy);
    folder.put("frame", withMode(2, pieces({busy})));
    Bytes text(300, 'a');
    ByteView rest = text;
    Bytes plain;
    Bytes stream;
    while (!rest.empty()) {
        transport::packFragment(rest, transport::Padding::Control, transport::End::Yes, 256, plain);
        addPiece(stream, plain);
    }
    folder.put("frame", withMode(3, stream));
}

void handshakes(Folder& folder) {
    transport_test::ChannelPair pair;
    Bytes one = pair.client->takeOutput();
    folder.put("handshake", withMode(0, pieces({one})));
    if (!pair.server->feed(one)) return;
    Bytes two = pair.server->takeOutput();
    folder.put("handshake", withMode(1, pieces({two})));
    if (!pair.client->feed(two)) return;
    Bytes three = pair.client->takeOutput();
    folder.put("handshake", withMode(0, pieces({one, three})));
    Bytes more(2, 0);
    folder.put("handshake", withMode(2, pieces({more})));
    folder.put("handshake", withMode(3, pieces({Bytes(40, 1)})));
}

void ledgers(Folder& folder) {
    test::World world;
    test::Member member = world.join("X01");
    Bytes headers;
    for (int i = 0; i < 2; ++i) {
        Bytes record = world.record(member, world.province.scope("X01"), test::kNote, {}, 1);
        folder.put("segment", record);
        folder.put("segment", ByteView(record).first(record.size() - ledger::kArrivalBytes));
        Bytes again(record.begin(), record.end() - ledger::kArrivalBytes);
        ledger::encodeArrival({2000, 1, 1000}, ledger::FormerPlace{{}, 4, {}, {}, {{}, {}}}, again);
        folder.put("segment", again);
        auto parsed = ledger::parseRecord(record);
        if (parsed) addPiece(headers, parsed->segment.entries[0]);
    }
    folder.put("header", headers);
    ledger::Head head;
    head.size = 3;
    head.sign(world.province.headKey);
    folder.put("head", head.encode());
    ledger::Watermark mark;
    mark.sign(world.province.headKey);
    ledger::EpochStatement epoch;
    epoch.epoch = 1;
    epoch.ledgers.push_back({base::ScopeId{{1}}, 7, {}});
    folder.put("epoch", epoch.encode());
    folder.put("watermark", mark.encode());
    mark.ledgers = {{base::ScopeId{{1}}, 0, 3, {}}, {base::ScopeId{{2}}, 1, 300, {}}};
    mark.sign(world.province.headKey);
    folder.put("watermark", mark.encode());
    folder.put("head", world.directoryHistory.tip.frontier.encode());
    domain::Row row(domain::ObjectKind::Assignment, {});
    row.apply({1, 2},
              std::vector<domain::FieldWrite>{{domain::Field::Result, std::string("xong"), {}}});
    row.apply({3, 4},
              std::vector<domain::FieldWrite>{{domain::Field::Status, std::int64_t{2}, {9}}});
    Bytes encoded;
    row.encode(encoded);
    folder.put("head", encoded);
}

void messages(Folder& folder) {
    wire::Hello hello;
    hello.ledgers.resize(2);
    hello.pendingEntries = 3;
    Bytes segment(200, 3);
    wire::Push push{{ByteView(segment), ByteView(segment)}};
    for (const wire::ClientMessage& m :
         {wire::ClientMessage(hello), wire::ClientMessage(push), wire::ClientMessage(wire::Done{}),
          wire::ClientMessage(wire::Introduce{segment}),
          wire::ClientMessage(wire::Found{{}, segment}),
          wire::ClientMessage(wire::Ledgers{hello.ledgers}),
          wire::ClientMessage(wire::Former{segment, {{3, {}}, {1, {}}}}),
          wire::ClientMessage(wire::Former{segment, {}, 3, {}, {{}, {}}}),
          wire::ClientMessage(wire::GiveBack{{}, 1, {segment}, segment, {{}}})}) {
        folder.put("messages", wire::encode(m));
    }
    wire::Answer answer;
    answer.ledgers.resize(2);
    wire::Batch batch;
    batch.records = {ByteView(segment), wire::OwnRecord{1, 2, 3, 4}};
    batch.head = segment;
    wire::Refused refused;
    refused.text = "earlier entries are missing";
    wire::Answer toRevoked;
    toRevoked.isRevoked = true;
    toRevoked.chains = {{{}, 3, {}}, {{}, 1, {}}};
    wire::Refused revoked;
    revoked.reason = wire::RefusedReason::Revoked;
    revoked.chains = toRevoked.chains;
    revoked.held.resize(2);
    for (const wire::ServerMessage& m :
         {wire::ServerMessage(wire::Same{}), wire::ServerMessage(answer),
          wire::ServerMessage(batch), wire::ServerMessage(refused),
          wire::ServerMessage(wire::Finished{}), wire::ServerMessage(wire::Introduced{}),
          wire::ServerMessage(wire::Quarantined{1'756'600'000'000, wire::kOfRevoked, segment}),
          wire::ServerMessage(toRevoked), wire::ServerMessage(revoked)}) {
        folder.put("messages", wire::encode(m));
    }
}

void bodies(Folder& folder) {
    Bytes directory;
    for (const domain::Change& change : test::sampleChanges()) {
        Bytes plain = wire::encodeBody(std::span(&change, 1));
        folder.put("body", withMode(0, wire::compress(plain, wire::kBodyLevel, 0)));
        folder.put("body", withMode(1, wire::compress(plain, wire::kBodyLevel, 1)));
        folder.put("body", withMode(2, plain));
        Bytes one{0};
        addPiece(one, plain);
        folder.put("directory", one);
        if (directory.size() < 4096) base::Writer(directory).raw(one);
    }
    folder.put("directory", directory);
    const std::vector<domain::Change> ofOffice{
        domain::UnitDescribed{"X03", "Xã Cồn Gió", domain::UnitLevel::Commune, "ST"},
        domain::RuleSet{"grant", "confirm"}};
    Bytes byOfficer{1};
    addPiece(byOfficer, wire::encodeBody(ofOffice));
    folder.put("directory", byOfficer);
    domain::Invited invited;
    invited.unit = "ST";
    invited.roles = domain::roles::kAdministrator;
    Bytes byStranger{255};
    addPiece(byStranger,
             wire::encodeBody(std::vector<domain::Change>{invited, domain::DeviceEnrolled()}));
    folder.put("directory", byStranger);
    // Each change, field and list is within its limit, and they are small when packed.
    domain::FieldWrite write{domain::Field::Result, std::string("x"),
                             std::vector<std::uint64_t>(base::limits::kReplacesMax, 1)};
    const domain::Written written{
        domain::ObjectKind::Task, {}, std::vector(base::limits::kFieldsMax, write)};
    const std::vector<domain::Change> many(24, written);
    folder.put("body", withMode(0, wire::compress(wire::encodeBody(many), wire::kBodyLevel, 0)));
}

/// One page of an LMDB file of 512-byte pages, with its flags and one node.
Bytes page(std::uint16_t flags, ByteView node) {
    constexpr std::size_t kPageBytes = 512;
    const auto at = static_cast<std::uint16_t>(kPageBytes - node.size());
    Bytes out;
    base::Writer(out).u64(0).u16(0).u16(flags).u16(18).u16(at).u16(at);
    out.resize(kPageBytes);
    std::copy(node.begin(), node.end(), out.begin() + at);
    return out;
}

Bytes metaPage(std::uint64_t root, std::uint64_t lastPage, std::uint64_t transaction) {
    Bytes out = page(8, {});
    auto set = [&out](std::size_t at, std::uint64_t value) {
        Bytes number;
        base::Writer(number).u64(value);
        std::copy(number.begin(), number.end(), out.begin() + 16 + static_cast<std::ptrdiff_t>(at));
    };
    set(64, root);
    set(120, lastPage);
    set(128, transaction);
    return out;
}

/// Files that lack their last two pages, which their list names as free: in a leaf, and in an
/// overflow page below a branch.
void layouts(Folder& folder) {
    const Bytes key(8, 1);
    constexpr std::size_t kSecondAt = 32;  // in the leaf's node
    Bytes leaf, branch, big, list;
    base::Writer(leaf).u16(24).u16(0).u16(0).u16(8).raw(key).u64(2).u64(3).u64(4);
    Bytes one = withMode(4, metaPage(2, 4, 1));
    base::Writer(one).raw(metaPage(2, 4, 2)).raw(page(2, leaf));
    folder.put("layout", one);
    leaf[kSecondAt] = 3;  // its list names the first one twice
    Bytes cut = withMode(4, metaPage(2, 4, 1));
    base::Writer(cut).raw(metaPage(2, 4, 2)).raw(page(2, leaf));
    folder.put("layout", cut);
    base::Writer(branch).u16(3).u16(0).u16(0).u16(8).raw(key);
    base::Writer(big).u16(24).u16(0).u16(1).u16(8).raw(key).u64(4);
    list = page(4, {});
    Bytes numbers;
    base::Writer(numbers).u64(2).u64(5).u64(6);
    std::copy(numbers.begin(), numbers.end(), list.begin() + 16);
    Bytes two = withMode(6, metaPage(2, 6, 3));
    base::Writer(two).raw(metaPage(2, 6, 2)).raw(page(1, branch)).raw(page(2, big)).raw(list);
    folder.put("layout", two);
}

void rows(Folder& folder) {
    for (std::size_t events : {std::size_t{1}, replica::kEventsInRow}) {
        replica::StoredRow stored;
        stored.row = domain::Row(domain::ObjectKind::Assignment, {});
        const std::vector<domain::FieldWrite> write{
            {domain::Field::Result, std::string("xong"), {}}};
        for (std::size_t i = 0; i < events; ++i) {
            stored.row.apply({i + 1, i}, write);
            stored.history.events.push_back({i, 2});
        }
        stored.history.earlier = events - 1;
        folder.put("row", replica::encodeRow(3, stored));
    }
}

void typed(Folder& folder) {
    test::SeededRandom random;
    domain::Invitation invitation;
    invitation.secret = domain::InvitationSecret::random(random);
    folder.put("invitation", invitation.shortCode());
    invitation.province = random.make<base::ProvinceId>();
    invitation.address = "may-chu.example:7443";
    invitation.expiry = 1'760'000'000'000;
    folder.put("invitation", invitation.longCode());
    domain::BootstrapToken token;
    token.secret = crypto::Secret<16>::random(random);
    token.address = "may-chu.example:7443";
    folder.put("invitation", token.code());
    for (const char* text :
         {"2025-08-31", "31/8/2025", "Quý III/2025", "Trước ngày 15 hằng tháng", "Thường xuyên",
          "Kế hoạch số 12/KH-UBND ngày 05/3/2025; Công văn 77/VP-TH", "trong tháng 9 năm 2025"}) {
        folder.put("invitation", text);
    }
}

void tables(Folder& folder) {
    folder.put("table",
               "STT;Nội dung nhiệm vụ;Văn bản giao;Thời hạn;Tình trạng\n"
               "1;Rà soát hộ nghèo;12/KH-UBND ngày 05/3/2025;31/8/2025;Đã hoàn thành\n"
               "2;\"Lập dự toán,\ngửi Sở Tài chính\";77/VP-TH;Quý III/2025;Đang thực hiện\n");
    folder.put("table", "sep=,\nNội dung,Hạn\nSửa đường liên xã,15/9\n");
    testing::Book book;
    book.strings = "<si><t>Nhiệm vụ</t></si><si><t>Thời hạn</t></si>";
    book.styles = "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>";
    book.sheet =
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" "
        "t=\"s\"><v>1</v></c></row><row r=\"2\">" +
        testing::inlineCell("A2", "Rà soát hộ nghèo") +
        "<c r=\"B2\" s=\"1\"><v>45900</v></c></row></sheetData><mergeCells><mergeCell "
        "ref=\"A2:A3\"/></mergeCells>";
    folder.put("table", "code,name,level\nX01,Xã Bến Trăng,commune\nSo,Sở Cây Xanh,department\n");
    folder.put("calendar", "day,kind\n2026-02-16,holiday\n17/02/2026,holiday\n28/2/2026,workday\n");
    folder.put("calendar", "day;kind\r\n\r\n\"2026-09-02\";holiday\r\n");
    folder.put("calendar", "fri, sat");
    folder.put("table", testing::xlsxOf(book));
    book.workbook = R"(<sheets><sheet name="Ẩn" sheetId="1" state="hidden" r:id="rId1"/></sheets>)";
    folder.put("table", testing::xlsxOf(book));
}

void files(Folder& folder, const std::filesystem::path& scratch) {
    test::SeededRandom random;
    std::filesystem::create_directories(scratch);
    auto made =
        store::Vault::create(scratch / "vault", "một mật khẩu", random, store::kStretchCostMin);
    REQUIRE(made);
    REQUIRE(made->vault.addKeyFileSlot(made->masterKey, scratch / "key", random));
    auto bytes = store::readFile(scratch / "vault", 4096);
    REQUIRE(bytes);
    Bytes withoutEnd = base::copy(ByteView(*bytes).first(bytes->size() - base::Hash::kSize));
    folder.put("vault", withoutEnd);
    withoutEnd[8] = 1;  // the version before there were recovery codes
    folder.put("vault", withoutEnd);
    auto code = made->vault.newRecoveryCode(made->masterKey, random);
    REQUIRE(code);
    folder.put("recovery_code", base::view(code->text()));
    bytes = store::readFile(scratch / "vault", 4096);
    REQUIRE(bytes);
    folder.put("vault", ByteView(*bytes).first(bytes->size() - base::Hash::kSize));
    REQUIRE(ops::ServerKey::generate(random).save(scratch / "server.key"));
    bytes = store::readFile(scratch / "server.key", 4096);
    REQUIRE(bytes);
    folder.put("server_key", ByteView(*bytes).first(bytes->size() - base::Hash::kSize));
    std::filesystem::remove_all(scratch);
}

/// Each behind the fingerprint that verifies it; ledgers as three pieces.
void exports(Folder& folder) {
    test::Exporting e;
    auto withRoot = [&](ByteView bytes) {
        Bytes out;
        base::Writer(out).raw(e.root.view()).raw(bytes);
        return out;
    };
    folder.put("receipt", withRoot(e.receipt(*e.a, e.second).encode()));
    folder.put("receipt", withRoot(e.receipt(*e.b, e.first, replica::Bodies::Opened).encode()));
    Bytes directory, unit, openings;
    auto into = [](Bytes& file) {
        return [&file](ByteView bytes) -> base::Status {
            base::Writer(file).raw(bytes);
            return {};
        };
    };
    replica::Replica& from = *e.a->replica;
    const base::ScopeId scope = e.a->scope();
    REQUIRE(replica::exportLedger(from, from.directory().directory().directoryScopeId(),
                                  into(directory)));
    REQUIRE(replica::exportLedger(from, scope, into(unit)));
    REQUIRE(replica::exportOpenings(from, scope, into(openings)));
    folder.put("exported", withRoot(pieces({directory, {}, {}})));
    folder.put("exported", withRoot(pieces({directory, unit, {}})));
    folder.put("exported", withRoot(pieces({directory, unit, openings})));
}

void stored(Folder& folder) {
    test::SeededRandom random;
    Bytes out;
    replica::Identity identity = replica::Identity::generate(random);
    identity.serverAddress = "may-chu:7443";
    addPiece(out, identity.encode().view());
    test::World world;
    test::Member member = world.join("X01");
    const base::ScopeId scope = world.province.scope("X01");
    Bytes record = world.record(member, scope, test::kNote, {}, 1);
    store::MemoryStore memory;
    store::LedgerTables tables;
    auto txn = memory.write();
    REQUIRE(txn);
    store::StoredRecord one;
    one.count = 1;
    one.bytes = record;
    REQUIRE(tables.append(**txn, scope, one));
    store::LedgerInfo info;
    REQUIRE(tables.putInfo(**txn, scope, info));
    REQUIRE(tables.putChain(**txn, {scope, {}, {}}, {}));
    std::uint8_t number = 0;
    for (const store::Table* table :
         {&store::kLedgers, &store::kRecords, &store::kBlobs, &store::kChains}) {
        REQUIRE((*txn)->scan(*table, {}, [&](ByteView key, ByteView value) -> base::Result<bool> {
            base::Writer(out).u8(number).u8(static_cast<std::uint8_t>(key.size())).raw(key);
            addPiece(out, value);
            return true;
        }));
        ++number;
    }
    folder.put("stored", out);
    auto parsed = ledger::parseRecord(record);
    REQUIRE(parsed);
    const replica::HeldSegment held{
        1'756'600'000'000, ledger::ChainState::start(world.province.id, parsed->segment.chain),
        base::copy(parsed->segment.bytes)};
    Bytes kept;
    addPiece(kept, held.encode());
    folder.put("stored", kept);
}

void requests(Folder& folder) {
    test::SeededRandom random;
    const auto key = crypto::SigningKey::fromSeed(crypto::SecretKey());  // the target's
    office::SigningRequest request;
    request.province = random.make<base::ProvinceId>();
    request.provinceName = "Tỉnh Sông Trăng";
    request.authority.keys = {key.publicKey, crypto::SigningKey::generate(random).publicKey};
    request.authority.threshold = 2;
    const Bytes province = base::copy(request.province.view());
    domain::SignedCharter charter;
    charter.content = {province, 2, random.make<base::ExchangeKey>(),
                       random.make<base::PublicKey>()};
    charter.body = wire::encodeCharter(charter.content);
    domain::SignedAuthoritySet set;
    set.content = {province, 3, request.authority.keys, 1};
    set.body = wire::encodeAuthoritySet(set.content);
    domain::Invited invited;
    invited.unit = "ST";
    invited.officer = "Phạm Thị Mười";
    invited.roles = domain::roles::kAdministrator;
    for (const domain::Change& change :
         {domain::Change(charter), domain::Change(set), domain::Change(invited)}) {
        request.change = change;
        REQUIRE(request.sign(key));
        const Bytes bytes = request.encode();
        folder.put("signing_request", ByteView(bytes).first(bytes.size() - base::Hash::kSize));
    }
    request.enrolment.emplace();
    REQUIRE(request.sign(key));
    const Bytes recovery = request.encode();
    folder.put("signing_request", ByteView(recovery).first(recovery.size() - base::Hash::kSize));
    folder.put("invitation", domain::RotationToken{request.province, charter.content.noiseKey,
                                                   charter.content.headKey}
                                 .code());
}

}  // namespace

TEST_CASE("seeds of every target") {
    const char* path = std::getenv("THONGSUOT_SEEDS");
    REQUIRE(path != nullptr);
    Folder folder(path);
    frames(folder);
    handshakes(folder);
    ledgers(folder);
    messages(folder);
    bodies(folder);
    typed(folder);
    tables(folder);
    stored(folder);
    exports(folder);
    rows(folder);
    layouts(folder);
    requests(folder);
    files(folder, std::filesystem::path(path) / "scratch");
}
