#pragma once
// Tables that come in: a task table of any office (.xlsx or .csv) read into rows that an import can
// show before it writes anything. Nothing is corrected: every raw value stands beside the
// understood one, and whatever is doubtful or contradictory becomes a Problem that names its cell.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "documents/columns.h"
#include "domain/deadline.h"
#include "domain/document_code.h"
#include "domain/fields.h"

namespace documents {

using domain::Status;  // a cell says one of six; everything finer arises in the system itself

struct Problem {
    enum class Level {
        Doubtful,  // imported, with a mark
        Refused,   // this row stays out
    };
    enum class Kind {
        // How a value was read.
        Value,      // a date, deadline or status that could not be read with certainty
        Document,   // a document that is missing, without a code, or may be two
        Note,       // read with certainty, but a person may like to know; leaves no mark on the row
        Structure,  // a row that is no task, or hardly one
        Secret,     // marked Mật, Tối mật or Tuyệt mật
        // Contradictions: values that were understood and disagree.
        DoneWithoutDate,
        DateWhileInProgress,
        CompletedBeforeDocument,
        CompletedInFuture,
        DoneButStanding,
        DeadlineDiffersFromText,
        StatusBlank,
    };
    std::string cell;     // "E12", as the spreadsheet shows it
    std::string raw;      // as read; empty for secret rows
    std::string message;  // one Vietnamese sentence
    Level level = Level::Doubtful;
    Kind kind = Kind::Value;
};

constexpr bool isContradiction(Problem::Kind kind) {
    return kind >= Problem::Kind::DoneWithoutDate;
}

struct ImportRow {
    std::size_t row = 0;  // 1-based, of the sheet
    std::string number;   // the first column, may be empty
    std::string section;  // path, "II.3"
    std::string content;
    std::vector<domain::DocumentRef> documents;
    std::string deadlineRaw;  // the …Raw fields are NFC and trimmed, otherwise as written
    domain::Deadline deadline;
    std::string statusRaw;
    std::optional<Status> status;  // nothing: blank or not understood
    std::string description;       // every narrative column, top to bottom, one line each
    std::string completedRaw;
    std::optional<base::Date> completedOn;
    std::string leadRaw;
    std::string coordinatingRaw;
    std::string kindRaw;
    bool doubtful = false;  // some Problem but a Note names a cell of this row
    /// As read, by column of the sheet; merged document cells repeated.
    std::vector<std::string> cells;
};

struct Section {
    std::string path;
    std::string title;
};

struct ImportTable {
    std::string sheet;          // empty for csv
    std::size_t headerRow = 0;  // 1-based; the last one of a header of two rows
    std::vector<FoundColumn> columns;
    bool hasStatusColumn = false;
    std::vector<Section> sections;
    std::vector<ImportRow> rows;
    std::size_t refusedRows = 0;                 // that are not among `rows`, each with a Problem
    std::vector<Problem> problems;               // in the order of the rows
    std::vector<domain::DocumentRef> documents;  // distinct by domain::documentKey, as first met
};

struct ReadOptions {
    std::optional<std::string> sheet;  // otherwise the first visible one with a recognisable header
    std::optional<base::Date> today;   // without it no completion lies in the future
};

/// The longest cell of a row in one of these columns, with its address; of the content column if
/// the table has none of them.
struct FoundCell {
    std::string cell;
    std::string raw;
};
FoundCell longestCell(const ImportTable& table, const ImportRow& row,
                      std::span<const Column> columns);

/// The columns that ImportRow::description is made of.
std::span<const Column> narrativeColumns();

/// Puts problems in the order of their rows; those of one row stay as they are.
void sortByRow(std::vector<Problem>& problems);

/// The format is told from the bytes, not from the name. InvalidInput: not a table we know, no
/// content column, legacy or broken text; NotFound: no such file or sheet; Limit: larger than
/// base::limits allow; Malformed: damaged or hostile; Io. Thread-safe: no state is shared.
base::Result<ImportTable> readTable(const std::filesystem::path& path,
                                    const ReadOptions& options = {});
base::Result<ImportTable> readTable(base::ByteView bytes, const ReadOptions& options = {});

}  // namespace documents
