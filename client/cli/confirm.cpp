#include "office/confirm.h"
#include <fmt/format.h>
#include "cli/fingerprints.h"
#include "cli/verbs.h"

namespace cli {

using base::Code;
using base::fail;

Result<Answer> authorityConfirm(const Context& context, const std::string& device, bool yes) {
    if (!yes && !context.canAsk()) {
        return fail(Code::Usage,
                    "Compare the words of the device with its officer first (thongsuot authority "
                    "devices shows them), then say --yes: there is nobody to ask here.");
    }
    TRY(auto home, context.openHome());
    TRY(replica::Replica * replica, home->replica());
    TRY(domain::Device found, office::deviceToConfirm(*replica, device));
    const domain::Directory& directory = replica->directory().directory();
    const std::string words = deviceWords(directory, found);
    const std::string who =
        fmt::format("{} of {} ({} {})", found.id.hex().substr(0, 10), officersOf(&found),
                    found.unit, directory.unit(found.unit)->name);
    const std::string question = fmt::format(
        "Device {}, enrolled {}.\nIts words:  {}\nDoes its officer read the same words to "
        "you? [y/N] ",
        who, base::toVietnameseTime(found.enrolledAt), words);
    if (!yes && !context.isYes(question)) {
        return fail(Code::NotPermitted,
                    "The device was not confirmed; nothing was granted. If it is not the machine "
                    "of whom you invited, end it with thongsuot authority revoke --device " +
                        found.id.hex().substr(0, 10) + ".");
    }
    CHECK_OK(office::confirm(*replica, found));
    Answer out;
    out.json["device"] = found.id.hex();
    out.json["unit"] = found.unit;
    out.json["officer"] = found.officers.front().name;
    out.json["words"] = words;
    out.text = fmt::format(
        "The device {} is confirmed; its words are: {}\nIts keys go out with the next sync here; "
        "then it synchronises and can read.\n",
        who, words);
    return out;
}

}  // namespace cli
