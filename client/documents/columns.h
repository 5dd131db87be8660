#pragma once
// Which column holds what: the header row is found by its words, wherever it stands.

#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "documents/sheet.h"

namespace documents {

enum class Column {
    Number,        // STT, TT
    Section,       // Mục
    DocumentCode,  // Số, ký hiệu
    DocumentDate,  // Ngày văn bản
    Subject,       // Trích yếu
    Issuer,        // Cơ quan ban hành
    Document,  // Văn bản giao nhiệm vụ: code, date and perhaps several documents in one cell
    Content,   // Nội dung theo dõi, Tên nhiệm vụ
    Status,    // Trạng thái
    Situation,     // Tình hình thực hiện
    Result,        // Kết quả
    StatusNote,    // Diễn giải trạng thái
    Description,   // Mô tả
    Deadline,      // Hạn xử lý
    CompletedOn,   // Ngày hoàn thành thực tế
    Lead,          // Đơn vị chủ trì
    Coordinating,  // Đơn vị phối hợp
    Kind,          // Loại nhiệm vụ
    Secrecy,       // Độ mật
    Remark,        // Ghi chú
};

struct FoundColumn {
    Column column;
    std::size_t index = 0;  // 0-based column of the sheet
    std::string title;      // as written
};

struct Header {
    std::size_t first = 0;  // 0-based row
    std::size_t last = 0;   // differs from `first` when titles stand in two rows
    std::vector<FoundColumn> columns;

    std::optional<std::size_t> indexOf(Column column) const;
};

/// Nothing if no row within limits::kTableHeaderRowsMax has a content column.
std::optional<Header> findHeader(const Sheet& sheet);

/// For the sentence that says what was looked for.
std::string contentTitles();

}  // namespace documents
