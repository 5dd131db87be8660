#pragma once
// QR codes (ISO/IEC 18004) for a terminal: half blocks of UTF-8, two modules a letter.

#include <string>
#include <vector>
#include "base/result.h"

namespace qr {

/// The modules row by row, true = dark; without a quiet zone.
struct Matrix {
    std::size_t width = 0;
    std::vector<bool> dark;

    bool at(std::size_t row, std::size_t column) const { return dark[row * width + column]; }
};

/// Modules that stay light around the code (ISO/IEC 18004, 9.1).
inline constexpr std::size_t kQuietZone = 4;

/// The smallest code that holds the text, with error correction L: a screen has no stains. Limit if
/// no code holds it.
base::Result<Matrix> matrixOf(std::string_view text);

/// Lines of half blocks with the quiet zone. Each line sets white on black by itself and draws the
/// light modules, so that the picture is the same on dark and on light terminals.
std::string halfBlocks(const Matrix& matrix);

/// Columns that halfBlocks() takes.
inline std::size_t columnsOf(const Matrix& matrix) {
    return matrix.width + 2 * kQuietZone;
}

}  // namespace qr
