#pragma once
// Office Open XML spreadsheets (ECMA-376, SpreadsheetML) as far as a task table needs them: shared
// and inline strings, numbers, dates by their number format, merged ranges. Formulas give their
// stored value and are never computed; document type declarations are refused, so no entity is ever
// expanded.

#include <string>
#include <vector>
#include "base/bytes.h"
#include "base/result.h"
#include "documents/archive.h"
#include "documents/sheet.h"

namespace documents {

class Xlsx {
public:
    struct SheetEntry {
        std::string name;
        std::string part;
        bool hidden = false;
    };

    /// Borrows `bytes`.
    static base::Result<Xlsx> open(base::ByteView bytes);

    const std::vector<SheetEntry>& sheets() const { return m_sheets; }
    base::Result<Sheet> read(const SheetEntry& entry);

private:
    explicit Xlsx(Archive archive) : m_archive(std::move(archive)) {}
    base::Status readWorkbook();
    base::Status readStrings(const std::string& part);
    base::Status readStyles(const std::string& part);

    Archive m_archive;
    std::vector<SheetEntry> m_sheets;
    std::vector<std::string> m_strings;
    std::vector<bool> m_dateStyles;  // by index of the cell format
    bool m_epoch1904 = false;
};

}  // namespace documents
