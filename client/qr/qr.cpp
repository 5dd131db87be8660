#include "qr/qr.h"
#include <qrencode.h>
#include <memory>

namespace qr {

base::Result<Matrix> matrixOf(std::string_view text) {
    const std::string terminated(text);
    std::unique_ptr<QRcode, void (*)(QRcode*)> code(
        QRcode_encodeString(terminated.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), QRcode_free);
    if (!code) return base::fail(base::Code::Limit, "No QR code holds this text.");
    Matrix out;
    out.width = static_cast<std::size_t>(code->width);
    for (std::size_t i = 0; i < out.width * out.width; ++i)
        out.dark.push_back((code->data[i] & 1U) != 0);
    return out;
}

std::string halfBlocks(const Matrix& matrix) {
    // Of the 256 colours, pure white and black: the first 16 are each terminal's own.
    constexpr std::string_view kWhiteOnBlack = "\x1b[38;5;231;48;5;16m";
    constexpr std::string_view kOwnColours = "\x1b[0m";
    const std::size_t size = columnsOf(matrix);
    auto isLight = [&](std::size_t row, std::size_t column) {
        bool inside = row >= kQuietZone && row < matrix.width + kQuietZone &&
                      column >= kQuietZone && column < matrix.width + kQuietZone;
        return !inside || !matrix.at(row - kQuietZone, column - kQuietZone);
    };
    std::string out;
    for (std::size_t row = 0; row < size; row += 2) {
        out += kWhiteOnBlack;
        for (std::size_t column = 0; column < size; ++column) {
            bool upper = isLight(row, column);
            bool lower = row + 1 >= size || isLight(row + 1, column);
            out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
        }
        out += kOwnColours;
        out += '\n';
    }
    return out;
}

}  // namespace qr
