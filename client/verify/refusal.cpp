#include "verify/refusal.h"
#include <cstddef>

namespace verify {
namespace {

struct Told {
    Fault fault;
    std::string_view code;
    Text text;
};

constexpr Told kTold[] = {
    {Fault::CannotRead,
     "cannot_read",
     {"Không đọc được tệp hoặc thư mục này; hãy kiểm tra tên, đường dẫn và quyền đọc.",
      "This file or folder cannot be read; check its name, its path and the right to read it."}},
    {Fault::IsFolder,
     "is_folder",
     {"Đây là một thư mục; nếu là sổ đã xuất, hãy gõ thongsuot-verify ledger trước tên thư mục.",
      "This is a folder; if it is an exported ledger, say thongsuot-verify ledger before its "
      "name."}},
    {Fault::NotOurs,
     "not_ours",
     {"Đây không phải là biên nhận hay sổ do Thông Suốt xuất ra.",
      "This is neither a receipt nor a ledger that Thông Suốt has exported."}},
    {Fault::UnknownFile,
     "unknown_file",
     {"Thư mục có tệp lạ không thuộc sổ đã xuất; hãy chuyển tệp đó đi nơi khác rồi kiểm tra lại.",
      "The folder holds a file that does not belong to the export; move it elsewhere and check "
      "again."}},
    {Fault::MissingFile,
     "missing_file",
     {"Thư mục thiếu tệp directory.ledger; hãy xuất sổ lại từ đầu.",
      "The folder lacks the file directory.ledger; export the ledger again."}},
    {Fault::NewerVersion,
     "newer_version",
     {"Phần này do một phiên bản mới hơn làm ra; hãy dùng bản thongsuot-verify mới hơn.",
      "This was made by a newer version; use a newer thongsuot-verify."}},
    {Fault::Damaged,
     "damaged",
     {"Tệp bị hỏng, bị cắt bớt hoặc bị nối thêm; không công nhận phần nào trong đó.",
      "The file is damaged, cut short or has something added; nothing in it is recognised."}},
    {Fault::OtherRoot,
     "other_root",
     {"Tệp này không bắt nguồn từ khóa gốc có dấu vân tay đã cho: hoặc của tỉnh khác, hoặc là giả.",
      "This does not go back to the authority keys of the fingerprint given: it is of another "
      "province, or false."}},
    {Fault::GenesisUnsigned,
     "genesis_unsigned",
     {"Văn bản lập tỉnh không hợp lệ hoặc không được khóa gốc ký đủ.",
      "The founding of the province is not valid, or not signed by enough authority keys."}},
    {Fault::CharterUnsigned,
     "charter_unsigned",
     {"Một điều lệ máy chủ hoặc một lần đổi khóa gốc không được các khóa gốc trước đó ký đủ.",
      "A charter of the server or a change of the authority keys is not signed by the authority "
      "keys before it."}},
    {Fault::HeadUnsigned,
     "head_unsigned",
     {"Đầu sổ không được ký bằng khóa của máy chủ theo điều lệ mà nó nêu.",
      "The head is not signed with the server's key of the charter that it names."}},
    {Fault::OtherProvince,
     "other_province",
     {"Các phần trong tệp thuộc về những tỉnh khác nhau.",
      "The parts of this file belong to different provinces."}},
    {Fault::OtherLedger,
     "other_ledger",
     {"Các phần trong tệp không thuộc cùng một sổ của một đơn vị trong tỉnh này.",
      "The parts of this file do not belong to one ledger of a unit of this province."}},
    {Fault::NotInDirectory,
     "not_in_directory",
     {"Một mục kèm theo không nằm trong danh bạ mà máy chủ đã ký.",
      "An item that comes along is not in the directory that the server signed."}},
    {Fault::NotInLedger,
     "not_in_ledger",
     {"Bút toán không nằm trong sổ mà máy chủ đã ký.",
      "The entry is not in the ledger that the server signed."}},
    {Fault::DeviceUnknown,
     "device_unknown",
     {"Không có gì chứng minh thiết bị đã ghi bút toán từng được ghi danh trong tỉnh.",
      "Nothing shows that the device which wrote this was ever enrolled in the province."}},
    {Fault::SealBroken,
     "seal_broken",
     {"Niêm của thiết bị không khớp: bút toán không phải do thiết bị đó ghi.",
      "The device's seal does not fit: this was not written by that device."}},
    {Fault::NoRight,
     "no_right",
     {"Thiết bị không thuộc đơn vị được ghi vào sổ này, hoặc không có quyền ghi.",
      "The device does not belong to a unit that may write into this ledger, or has no right to."}},
    {Fault::TimesContradict,
     "times_contradict",
     {"Các giờ nhận trong tệp mâu thuẫn nhau.",
      "The times of arrival in this file contradict each other."}},
    {Fault::FirstArrivalUnproven,
     "first_arrival_unproven",
     {"Máy chủ ghi một giờ nhận sớm hơn mà không chứng minh được.",
      "The server states an earlier arrival and does not prove it."}},
    {Fault::SeenUnproven,
     "seen_unproven",
     {"Điều thiết bị đã thấy trước khi ghi không nằm trong sổ mà máy chủ đã ký.",
      "What the device had seen before it wrote is not in the ledger that the server signed."}},
    {Fault::OpeningWrong,
     "opening_wrong",
     {"Khóa kèm theo không mở được nội dung của bút toán.",
      "The key that comes along does not open what the entry says."}},
    {Fault::HistoryBroken,
     "history_broken",
     {"Sổ bị đứt đoạn: có phần không nối tiếp đúng phần trước hoặc không có niêm hợp lệ.",
      "The ledger is broken: a part of it does not follow the one before, or has no valid seal."}},
    {Fault::TooLong,
     "too_long",
     {"Sổ quá dài để liệt kê từng bút toán; hãy kiểm tra không kèm --list.",
      "The ledger is too long to be listed entry by entry; check it without --list."}},
};
static_assert(std::size(kTold) == static_cast<std::size_t>(Fault::TooLong) + 1);

const Told& told(Fault fault) {
    return kTold[static_cast<std::size_t>(fault)];
}

}  // namespace

std::string_view codeName(Fault fault) {
    return told(fault).code;
}

const Text& sentenceOf(Fault fault) {
    return told(fault).text;
}

}  // namespace verify
