// Tables: csv, xlsx and the units of a province.

#include "documents/table.h"
#include "office/administration.h"
#include "target.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteView bytes(data, size);
    documents::ReadOptions options;
    options.today = base::Date{20'400};
    if (auto table = documents::readTable(bytes, options)) {
        for (const documents::ImportRow& row : table->rows) {
            must(!row.content.empty(), "a row without content");
            must(row.row > table->headerRow, "a row above the header");
        }
    }
    (void)office::readUnits(bytes);
    return 0;
}
