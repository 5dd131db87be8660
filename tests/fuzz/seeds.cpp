// Writes the seeds of every target's corpus: honest inputs, from which a fuzzer finds its way.
//   THONGSUOT_SEEDS=FOLDER fuzz_seeds

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../unit/session/history.h"
#include "../unit/transport/channel_pair.h"
#include "../unit/wire/sample_changes.h"
#include "domain/invitation.h"
#include "domain/row.h"
#include "ledger/head.h"
#include "replica/identity.h"
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
        auto parsed = ledger::parseRecord(record);
        if (parsed) addPiece(headers, parsed->segment.entries[0]);
    }
    folder.put("header", headers);
    ledger::Head head;
    head.size = 3;
    head.sign(world.province.headKey);
    folder.put("head", head.encode());
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
          wire::ClientMessage(wire::Ledgers{hello.ledgers})}) {
        folder.put("messages", wire::encode(m));
    }
    wire::Answer answer;
    answer.ledgers.resize(2);
    wire::Batch batch;
    batch.records = {ByteView(segment), wire::OwnRecord{1, 2, 3, 4}};
    batch.head = segment;
    wire::Refused refused;
    refused.text = "earlier entries are missing";
    for (const wire::ServerMessage& m :
         {wire::ServerMessage(wire::Same{}), wire::ServerMessage(answer),
          wire::ServerMessage(batch), wire::ServerMessage(refused),
          wire::ServerMessage(wire::Finished{}), wire::ServerMessage(wire::Introduced{})}) {
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
    folder.put("table", "code,name,level\nX01,Xã Bến Trăng,commune\nSo,Sở Cây Xanh,department\n");
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
    folder.put("vault", ByteView(*bytes).first(bytes->size() - base::Hash::kSize));
    std::filesystem::remove_all(scratch);
}

void stored(Folder& folder) {
    test::SeededRandom random;
    Bytes out;
    replica::Identity identity = replica::Identity::generate(random);
    identity.serverAddress = "may-chu:7443";
    addPiece(out, identity.encode());
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
    files(folder, std::filesystem::path(path) / "scratch");
}
