// Heads, frontiers and folded rows: what a replica reads back from its store or from the server.

#include "domain/row.h"
#include "ledger/head.h"
#include "ledger/merkle.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    if (auto head = ledger::Head::decode(bytes)) {
        must(head->encode() == base::copy(bytes), "a head differs when written again");
        must(!head->verify({}), "a head of nobody verifies");
    }
    if (auto frontier = ledger::Frontier::decode(bytes)) {
        must(frontier->encode() == base::copy(bytes), "a frontier differs when written again");
        (void)frontier->root();
    }
    base::Reader in(bytes);
    if (auto row = domain::Row::decode(in)) {
        Bytes again;
        row->encode(again);
        base::Reader back(again);
        auto second = domain::Row::decode(back);
        must(second && *second == *row, "a row says something else when written again");
        domain::FieldWrite write{domain::Field::Result, std::string("x"),
                                 row->liveIds(domain::Field::Result)};
        row->apply({7, domain::kPendingPosition}, {write});
        must(row->field(domain::Field::Result) != nullptr, "a row that cannot be written");
    }
    return 0;
}
