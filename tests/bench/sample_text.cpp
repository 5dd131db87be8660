#include "sample_text.h"

namespace bench {
namespace {

/// Cuts a text at a separator; the text lives for ever.
Phrases cut(std::string_view text, char separator) {
    Phrases out;
    while (!text.empty()) {
        std::size_t end = text.find(separator);
        std::string_view one = text.substr(0, end);
        if (!one.empty()) out.push_back(one);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return out;
}

constexpr std::string_view kOpenings =
    "Đã ban hành|Đã tham mưu ban hành|Đã hoàn thành việc|Đã triển khai|Đã tổ chức|Đã báo cáo|Đã "
    "trình|Đã gửi|"
    "Đã chuyển hồ sơ đến|Đã tiếp nhận|Đã kiểm tra|Đã phân công cán bộ|Đã họp bàn với|Đã xin ý "
    "kiến|Đã tổng hợp|"
    "Đã lập danh sách|Đã cập nhật|Đã niêm yết|Đã công khai|Đã chỉ đạo|Đã rà soát|Đã đôn đốc|Đã làm "
    "việc với|"
    "Đang thực hiện|Đang phối hợp|Đang rà soát|Đang chờ|Đang hoàn thiện|Đang lấy ý kiến|Đang tổng "
    "hợp|"
    "Đang lập hồ sơ|Đang thẩm tra|Đang xây dựng|Đang vận động|Tiếp tục theo dõi|Tiếp tục thực hiện|"
    "Chưa thực hiện được|Chưa có kinh phí cho|Chưa nhận được văn bản của|Chưa thống nhất được|Đề "
    "nghị hỗ trợ|"
    "Đề nghị cho phép lùi thời hạn|Đề nghị xem xét|Đề nghị hướng dẫn|Kính đề nghị|Phối hợp "
    "cùng|Giao cho|"
    "Yêu cầu|Thống nhất|Căn cứ văn bản của|Thực hiện theo chỉ đạo của|Theo đề nghị của|Qua kiểm "
    "tra tại|"
    "Đã có văn bản gửi|Đã nhận công văn của|Đã mời|Đã mở lớp tập huấn về|Đã bàn giao|Đã ký hợp "
    "đồng với|"
    "Đã hướng dẫn người dân|Đã giải quyết xong|Đã trả lời đơn của công dân về|Đã phát động|Đã ra "
    "quân";

constexpr std::string_view kMatters =
    "kế hoạch thực hiện năm 2026|chuyển đổi số và cải cách hành chính|số hóa hồ sơ, giấy tờ|"
    "giải quyết thủ tục hành chính tại bộ phận một cửa|đường giao thông nông thôn|xây dựng nông "
    "thôn mới|"
    "thu ngân sách trên địa bàn|giải ngân vốn đầu tư công|quyết toán ngân sách quý III|"
    "công tác phòng cháy, chữa cháy|phòng chống bão lũ, sạt lở đất|an toàn thực phẩm|tiêm chủng mở "
    "rộng|"
    "khám sức khỏe cho người cao tuổi|bảo hiểm y tế toàn dân|chi trả trợ cấp xã hội qua tài khoản|"
    "hỗ trợ nhà ở cho hộ nghèo, hộ cận nghèo|xóa nhà tạm, nhà dột nát|chính sách người có công|"
    "đào tạo nghề cho lao động nông thôn|giới thiệu việc làm|phổ cập giáo dục|sửa chữa trường lớp "
    "học|"
    "cấp giấy chứng nhận quyền sử dụng đất|đo đạc, lập bản đồ địa chính|bồi thường và tái định cư|"
    "quản lý đất đai, trật tự xây dựng|quy hoạch chi tiết khu dân cư|thu gom, xử lý rác thải sinh "
    "hoạt|"
    "bảo vệ rừng và phòng cháy rừng|tưới tiêu vụ mùa, vụ đông xuân|phòng trừ sâu bệnh|dịch tả lợn "
    "châu Phi|"
    "tiêm phòng cho đàn gia súc, gia cầm|khôi phục sản xuất sau thiên tai|nước sạch nông thôn|"
    "lưới điện trung áp và hạ áp|dịch vụ công trực tuyến|định danh điện tử mức độ 2|an ninh trật "
    "tự|"
    "tuyển quân và công tác quân sự địa phương|tiếp công dân, giải quyết khiếu nại, tố cáo|"
    "phòng chống tham nhũng, lãng phí|kê khai tài sản, thu nhập|đánh giá, xếp loại cán bộ, công "
    "chức|"
    "sắp xếp tổ chức bộ máy|vị trí việc làm và biên chế|bầu cử đại biểu Hội đồng nhân dân các cấp|"
    "thi đua, khen thưởng|lễ hội và di tích lịch sử, văn hóa|gia đình văn hóa, khu dân cư văn hóa|"
    "bình đẳng giới và bảo vệ trẻ em|phòng chống ma túy|phổ biến, giáo dục pháp luật|hòa giải ở cơ "
    "sở|"
    "hộ tịch, chứng thực|dân số và kế hoạch hóa gia đình|thống kê, điều tra kinh tế|hợp tác xã, tổ "
    "hợp tác|"
    "sản phẩm OCOP|du lịch cộng đồng|chợ và trung tâm thương mại|hàng giả, gian lận thương mại|"
    "đấu giá quyền sử dụng đất|cấp phép xây dựng|hành lang an toàn đường bộ|vỉa hè, lòng đường|"
    "chiếu sáng công cộng|nghĩa trang liệt sĩ|thông tin, tuyên truyền trên loa truyền thanh|"
    "bảo đảm an toàn hồ đập, kênh mương|kiểm kê tài sản công|mua sắm trang thiết bị";

constexpr std::string_view kEndings =
    "đúng thời hạn được giao|hoàn thành trước ngày 30/9|dự kiến xong trong tháng 12|"
    "sẽ báo cáo kết quả trong tuần tới|báo cáo để lãnh đạo biết, chỉ đạo|kính trình Chủ tịch xem "
    "xét, quyết định|"
    "hồ sơ kèm theo|đạt 100% kế hoạch|đạt 85% so với kế hoạch|vượt chỉ tiêu được giao|còn 15 hộ "
    "chưa đồng ý|"
    "do thiếu kinh phí và nhân lực|do thời tiết mưa nhiều|do vướng quy định mới|vì chưa có hướng "
    "dẫn của cấp trên|"
    "chờ ý kiến của sở chuyên ngành|đề nghị gia hạn đến cuối quý|xin lùi thời gian thực hiện|"
    "được nhân dân đồng tình, ủng hộ|bảo đảm chất lượng, tiến độ|không có khó khăn gì|"
    "còn một số khó khăn, vướng mắc|đã lưu hồ sơ|đã gửi bản điện tử|đã ký số và phát hành|"
    "giao bộ phận chuyên môn theo dõi|tiếp tục thực hiện trong thời gian tới|theo đúng quy định|"
    "trên toàn địa bàn xã|tại 12 thôn, tổ dân phố|với tổng kinh phí 350 triệu đồng|có 250 người "
    "tham dự|"
    "đến nay đã được 3/5 nội dung|phần còn lại làm trong tháng sau|cần sự phối hợp của các đơn vị";

constexpr std::string_view kPartners =
    "Ủy ban nhân dân tỉnh|Văn phòng Ủy ban nhân dân tỉnh|Văn phòng HĐND và UBND xã|Sở Nội vụ|Sở "
    "Tài chính|"
    "Sở Xây dựng|Sở Nông nghiệp và Môi trường|Sở Khoa học và Công nghệ|Sở Y tế|Sở Giáo dục và Đào "
    "tạo|"
    "Sở Tư pháp|Sở Công Thương|Sở Văn hóa, Thể thao và Du lịch|Sở Dân tộc và Tôn giáo|Thanh tra "
    "tỉnh|"
    "Công an xã|Công an tỉnh|Ban Chỉ huy Quân sự xã|Phòng Kinh tế|Phòng Văn hóa - Xã hội|"
    "Phòng Kinh tế, Hạ tầng và Đô thị|Trung tâm Phục vụ hành chính công|Mặt trận Tổ quốc|Hội Nông "
    "dân|"
    "Hội Liên hiệp Phụ nữ|Hội Cựu chiến binh|Đoàn Thanh niên|Hội Chữ thập đỏ|Trạm Y tế|trường "
    "trung học cơ sở|"
    "trường tiểu học và mầm non|Kho bạc Nhà nước khu vực|Thuế cơ sở|Bảo hiểm xã hội|Điện lực|"
    "Ngân hàng Chính sách xã hội|Hạt Kiểm lâm|Chi cục Thủy lợi|đơn vị tư vấn|nhà thầu thi công|các "
    "thôn, bản|"
    "Đảng ủy xã|Thường trực Hội đồng nhân dân|Chủ tịch Ủy ban nhân dân xã|lãnh đạo phụ trách|các "
    "hộ dân";

constexpr std::string_view kSentences =
    "Ủy ban nhân dân xã đã ban hành kế hoạch và phân công nhiệm vụ cụ thể cho từng bộ phận.|"
    "Đã hoàn thành, kết quả được gửi trên hệ thống quản lý văn bản và điều hành.|"
    "Đã tổ chức hội nghị triển khai đến toàn thể cán bộ, công chức, người lao động.|"
    "Hiện nay đơn vị đang lấy ý kiến của các ngành liên quan, sau đó sẽ trình ký.|"
    "Mới nhận được văn bản, sẽ thực hiện ngay trong tuần này.|"
    "Nhiệm vụ này không thuộc thẩm quyền của xã, đề nghị chuyển cho sở chủ trì.|"
    "Đoàn kiểm tra đã làm việc tại cơ sở và lập biên bản, yêu cầu khắc phục trước cuối tháng.|"
    "Người dân chưa nhận tiền bồi thường, xã tiếp tục vận động và đối thoại.|"
    "Số liệu đã được tổng hợp đầy đủ, chính xác, gửi đúng biểu mẫu.|"
    "Công trình đã khởi công, khối lượng thực hiện đạt khoảng 60% giá trị hợp đồng.|"
    "Đã nghiệm thu, bàn giao và đưa vào sử dụng.|Đề nghị bổ sung nguồn vốn để thanh toán cho nhà "
    "thầu.|"
    "Báo cáo tháng đã gửi; các nội dung còn lại thực hiện thường xuyên.|"
    "Đã trả kết quả cho công dân, không còn hồ sơ quá hạn.|"
    "Đã cử cán bộ tham gia tập huấn, hướng dẫn lại cho các thôn.|"
    "Máy móc, đường truyền còn yếu, phần mềm hay bị lỗi nên chậm cập nhật.|"
    "Giấy tờ của một số hộ bị mất hoặc sai thông tin, phải xác minh lại.|"
    "Thời tiết diễn biến phức tạp, mưa lớn gây sạt lở một số tuyến đường.|"
    "Kinh phí được cấp chậm nên chưa thể mua sắm theo kế hoạch.|"
    "Đã thành lập tổ công tác gồm 9 thành viên do Phó Chủ tịch làm tổ trưởng.|"
    "Đã gọi điện nhắc lần thứ hai.|Họp lúc 14 giờ, phòng họp số 2.|Nhờ anh chị xem giúp bản dự "
    "thảo.|"
    "Xin gửi lại biểu đã sửa theo góp ý.|Đồng ý, cho phát hành.|Chuyển bộ phận kế toán xử lý.|"
    "Thiếu xác nhận của thôn trưởng, mai sẽ xuống tận nơi.|Bản giấy đã nộp ở văn thư.";

constexpr std::string_view kOrders =
    "Rà soát, tham mưu sửa đổi quy chế làm việc của Ủy ban nhân dân|"
    "Chủ trì, phối hợp với các sở, ngành, địa phương xây dựng đề án|"
    "Khẩn trương hoàn thành công tác giải phóng mặt bằng các dự án trọng điểm|"
    "Báo cáo kết quả thực hiện về Ủy ban nhân dân tỉnh trước ngày 15 hằng tháng|"
    "Tăng cường kiểm tra, giám sát, xử lý nghiêm các trường hợp vi phạm|"
    "Đẩy nhanh tiến độ giải ngân vốn các chương trình mục tiêu quốc gia|"
    "Tổ chức tuyên truyền, phổ biến sâu rộng đến các tầng lớp nhân dân|"
    "Chịu trách nhiệm trước Chủ tịch Ủy ban nhân dân tỉnh về kết quả thực hiện|"
    "Nghiên cứu, đề xuất giải pháp tháo gỡ khó khăn cho doanh nghiệp, hợp tác xã|"
    "Xây dựng cơ sở dữ liệu dùng chung, kết nối với trục liên thông của tỉnh|"
    "Triển khai thực hiện nghị quyết của Hội đồng nhân dân tỉnh về phát triển kinh tế - xã hội|"
    "Hoàn thiện hồ sơ trình cấp có thẩm quyền phê duyệt chủ trương đầu tư|"
    "Bố trí đủ nhân lực, trang thiết bị cho trung tâm phục vụ hành chính công cấp xã";

constexpr std::string_view kSurnames =
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Mai|Trịnh|Đoàn|Tạ|"
    "Cao|Lương|Hà|"
    "Trương|Lâm|Phùng|Chu|Tô|Quách|Nông|Vi|Lò|Giàng|Thào|Triệu|Hứa|Kiều|Thái|La";
constexpr std::string_view kMiddleNames =
    "Văn|Thị|Hữu|Đức|Minh|Ngọc|Quang|Thanh|Xuân|Đình|Công|Thu|Kim|Hồng|Bá|Quốc|Anh|Gia|Mạnh|Trung|"
    "Tiến|Việt|Thành|"
    "Thùy|Phương|Như|Bích|Hoài|Duy|Trọng|Khánh|Tuấn|Thế|Mỹ|Diệu|Nhật|Hải|A|Bảo|Viết";
constexpr std::string_view kGivenNames =
    "An|Anh|Bình|Châu|Chi|Chiến|Cúc|Cường|Dung|Dũng|Duy|Dương|Đạt|Đông|Đức|Giang|Hà|Hải|Hạnh|Hằng|"
    "Hậu|Hiền|Hiếu|"
    "Hòa|Hoa|Hoàng|Hồng|Huệ|Hùng|Huy|Hương|Hường|Khánh|Khoa|Kiên|Lan|Liên|Linh|Loan|Long|Lợi|Lộc|"
    "Mai|Mạnh|Minh|My|"
    "Nam|Nga|Ngân|Nghĩa|Ngọc|Nguyệt|Nhung|Oanh|Phong|Phúc|Phương|Phượng|Quân|Quang|Quyên|Quỳnh|Sơn|"
    "Tâm|Tân|Thái|"
    "Thành|Thảo|Thắng|Thịnh|Thơm|Thu|Thủy|Thúy|Tiến|Toàn|Trang|Trung|Trường|Tú|Tuấn|Tùng|Tuyết|Vân|"
    "Việt|Vinh|Xuân|Yến";

constexpr std::string_view kDocumentKinds =
    "UBND-VP|UBND-KT|UBND-VX|UBND-NC|UBND-TH|QĐ-UBND|KH-UBND|BC-UBND|TB-UBND|TTr-UBND|CT-UBND|GM-"
    "UBND|NQ-HĐND|"
    "BC-HĐND|TB-VP|BC-VP|CV-VP|KH-VP|SNV-CCHC|SNV-TCBC|STC-NS|STC-ĐT|SXD-QLĐT|SYT-NV|SGDĐT-VP|"
    "SNNMT-QLĐĐ|SCT-TM|"
    "STP-PB|SVHTTDL-VP|SKHCN-CĐS|CAT-TM|BCH-TM|HD-UBND|QĐ-SNV|QĐ-STC|TTr-SNV|TTr-STC|TTr-SXD|BC-"
    "SNV|BC-STC|"
    "KH-SNV|CV-SNV|CV-STC|CV-SXD|TB-SNV|GM-VP|CV/ĐU|NQ/ĐU|BC-TTPVHCC|BC-KT|BC-VHXH";

constexpr std::string_view kUnits =
    "Phòng Kinh tế|Phòng Văn hóa - Xã hội|Văn phòng HĐND và UBND|Trung tâm Phục vụ hành chính "
    "công|Công an xã|"
    "Ban Chỉ huy Quân sự|Sở Nội vụ|Sở Tài chính|Sở Xây dựng|Sở Nông nghiệp và Môi trường|Văn phòng "
    "UBND tỉnh|"
    "Các xã, phường, đặc khu|UBND các xã, phường|Sở Y tế|Sở Tư pháp|Công an tỉnh|Thanh tra tỉnh|Sở "
    "Công Thương";

// As they come to mind when reading notices, minutes and newspapers; the first some two hundred
// make half of any text.
constexpr std::string_view kSyllables =
    "và của các có được cho là trong với không người đã về tại một công những này năm để khi ra "
    "đến việc thực phải "
    "theo hiện vào nhân dân xã hội từ đó trên định cũng nhiều sự như lý còn thành chính nhà kế quy "
    "làm hành đường "
    "số phòng ban sinh quan đồng tỉnh trung chức tổ trình phát triển tác cơ quản bộ hoạch đầu tư "
    "kinh tế hợp nước "
    "sở văn thể thời gian đất lại ngày tháng quyết thông tin sản xuất nông thôn xây dựng đề nghị "
    "báo cáo kết quả "
    "hồ sơ chỉ đạo phối triển khai kiểm tra giám sát rà soát xử phạt vi phạm trách nhiệm nhiệm vụ "
    "giải pháp nội "
    "dung phương án dự toán ngân sách thu chi vốn hỗ trợ chương mục tiêu quốc gia bền vững giảm "
    "nghèo hộ cận học "
    "trường giáo viên sức khỏe y bệnh viện bác sĩ thuốc an ninh trật tự toàn giao cấp phép giấy "
    "chứng nhận quyền "
    "sử dụng đai tài nguyên môi rừng cây lúa vườn ao chuồng trại gia súc cầm lợn gà bò trâu cá tôm "
    "thủy lợi kênh "
    "mương đập hồ bão lũ lụt mưa nắng gió hạn mặn sạt lở cứu nạn tìm kiếm chống khắc phục hậu "
    "thiệt hại bị mất "
    "hỏng sửa chữa nâng mở rộng làng bản khu phố phường huyện thị trấn đô quận cửa biên giới đảo "
    "biển sông suối "
    "núi đồi cầu cống bến xe tàu điện lưới chiếu sáng cột dây trạm máy bơm ống giếng rác thải "
    "thoát vệ nghĩa trang "
    "chợ hàng hóa giá bán mua cửa tiệm thương mại dịch doanh nghiệp tác lao động lương thưởng bảo "
    "hiểm thất trợ "
    "già trẻ em phụ nữ thanh niên cựu chiến binh nông hội đoàn mặt trận tôn giáo thầy cô cháu anh "
    "chị bác ông bà "
    "chú dì con vợ chồng mẹ cha bạn họ tên tuổi quê quán sống chết cưới tang lễ tết vui buồn khó "
    "khăn thuận tốt "
    "xấu đẹp mới cũ lớn nhỏ cao thấp dài ngắn rộng hẹp nặng nhẹ nhanh chậm sớm muộn trước sau giữa "
    "cuối bên cạnh "
    "dưới ngoài quanh gần xa đi lại lên xuống vào đứng ngồi nằm chạy nói nghe nhìn thấy biết hiểu "
    "nghĩ nhớ quên "
    "hỏi đáp trả lời xin mời gọi gửi nhận đưa lấy mang giữ cất tìm thấy chọn đặt đổi thay thêm bớt "
    "bỏ dừng nghỉ "
    "tiếp tục bắt đầu xong rồi chưa đang sẽ nên cần muốn phải thể chắc hẳn rất quá lắm hơn nhất "
    "bằng kém khác "
    "giống cùng chung riêng mỗi mọi từng vài mấy bao nhiêu đâu nào sao gì ai hai ba bốn năm sáu "
    "bảy tám chín mười "
    "trăm nghìn triệu tỷ phần lần đợt kỳ quý tuần giờ phút sáng trưa chiều tối đêm hôm mai nay ký "
    "duyệt thẩm trình "
    "ban phê chuẩn chuyển tham mưu soạn thảo góp ý lấy phiếu biểu mẫu bảng danh liệt kê thống mục "
    "lục bìa trang "
    "khoản điều luật nghị thông tư hướng dẫn căn cứ ngành tuyến lĩnh vực chuyên môn kỹ thuật khoa "
    "công nghệ mạng "
    "phần mềm tử dữ liệu nối tài khoản mật khẩu đăng nhập tải lỗi treo cài cấu quét ảnh bản sao "
    "gốc chụp in bấm "
    "nút mã vạch thẻ căn cước hộ khẩu tạm trú thường khai sinh tử kết hôn ly thừa kế tặng thế chấp "
    "vay nợ lãi trả "
    "góp gửi tiền mặt ngân hàng kho bạc thuế phí lệ nộp thu hồi đền bù bồi tái cư tách thửa ranh "
    "mốc đo vẽ đồ "
    "tranh kiện tố khiếu nại hòa tòa án kiểm sát thi hành điều tra khởi bắt tạm giam trộm cướp lừa "
    "đảo ma túy cờ "
    "bạc rượu bia nghiện cai tuyên truyền vận loa phát thanh hình báo chí phóng cuộc họp hội "
    "trường ghế bàn tủ kệ "
    "quạt lạnh nóng ấm mát ướt khô sạch bẩn đầy đủ thiếu thừa dư hết vơi cạn sâu nông dày mỏng đặc "
    "loãng cứng mềm "
    "thẳng cong nghiêng lệch vuông tròn góc cạnh đỉnh đáy mép viền vạch lằn nét dấu chấm phẩy gạch "
    "ngang dọc chéo "
    "xếp hạng loại giỏi khá xuất sắc kỷ luật cảnh khiển buộc thôi nghỉ hưu bổ miễn bầu ứng trúng "
    "đắc tín đảng ủy "
    "chi thư bí phó chủ tịch tướng giám đốc trưởng phận đội nhóm tổ ca kíp trực gác canh tuần đón "
    "tiễn đãi khách "
    "tiệc cơm ăn uống ngủ tắm giặt rửa quét lau dọn trồng chăm bón tưới gieo gặt hái phơi xay giã "
    "bảo quản chế "
    "biến đóng gói vận chở bốc xếp kho bãi cảng sân bay ga ray hầm ngã vòng xuyến biển đèn tín "
    "hiệu tốc tải trọng "
    "cân đong đếm đo thử nghiệm mẫu đạt chuẩn tiêu chí điểm thang mức tỷ lệ tăng trưởng bình quân "
    "lũy ước tính so "
    "cùng kỳ năm ngoái tới dự báo cảnh rủi ro khủng hoảng ổn định củng cố giữ vững gìn truyền "
    "thống bản sắc dân "
    "tộc thiểu hát múa nhạc kịch tranh tượng đền chùa miếu đình di tích thờ cúng giỗ hội rước võ "
    "vật đua thuyền "
    "bóng đá chuyền cầu lông bơi cờ giải nhì ba khuyến khích đài tưởng niệm liệt thương binh mộ "
    "tri ân đáp nghĩa "
    "tặng quà thăm viếng động viên chia sẻ giúp đỡ đùm bọc lành rách yêu thương kính trọng nhường "
    "nhịn đoàn kết "
    "khẩn trương quyết liệt nghiêm túc kịp thời hiệu lực thiết thực sâu sát cụ thể rõ ràng minh "
    "bạch khách trung "
    "thật đúng sai lầm nhầm lẫn sót trùng lặp chồng chéo rườm rà phiền sách nhiễu hạch tắc trách "
    "đùn đẩy né tránh "
    "sợ sệt nể nang bao che vụ lợi ích nhóm suy thoái biến chất phẩm cách lối nếp thói quen tập "
    "quán hủ mê";

}  // namespace

#define BENCH_PHRASES(name, text, separator)               \
    const Phrases& name() {                                \
        static const Phrases kList = cut(text, separator); \
        return kList;                                      \
    }
BENCH_PHRASES(openings, kOpenings, '|')
BENCH_PHRASES(matters, kMatters, '|')
BENCH_PHRASES(endings, kEndings, '|')
BENCH_PHRASES(partners, kPartners, '|')
BENCH_PHRASES(sentences, kSentences, '|')
BENCH_PHRASES(orders, kOrders, '|')
BENCH_PHRASES(surnames, kSurnames, '|')
BENCH_PHRASES(middleNames, kMiddleNames, '|')
BENCH_PHRASES(givenNames, kGivenNames, '|')
BENCH_PHRASES(documentKinds, kDocumentKinds, '|')
BENCH_PHRASES(units, kUnits, '|')
BENCH_PHRASES(syllables, kSyllables, ' ')
#undef BENCH_PHRASES

}  // namespace bench
