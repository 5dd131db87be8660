#pragma once
// Comma-separated values (RFC 4180) as spreadsheets of every locale write them.

#include "base/bytes.h"
#include "base/result.h"
#include "documents/sheet.h"

namespace documents {

/// The separator (',' ';' or tab) is told from the text or from a first line "sep=;". Quoted cells
/// may hold line breaks; a record is one row, as Excel counts them. InvalidInput names the cell
/// that is not Unicode, or the row whose quotation never ends.
base::Result<Sheet> readCsv(base::ByteView bytes);

}  // namespace documents
