#!/usr/bin/env python3
"""Writes the fictional province: units.csv (departments and communes) and tasks.csv (120 tasks).

Everything below is invented: people, places, documents. The table imitates how offices really keep theirs: title
rows above the header, section rows, missing numbers, one document spelled in several ways, and every way to
write a deadline. Run it after an edit; it checks what it promises and writes both files beside itself.
"""

import csv
import re
import sys
import unicodedata
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent

DEPARTMENTS = [
    "Sở Nội vụ", "Sở Tài chính", "Sở Khoa học và Công nghệ", "Sở Nông nghiệp và Môi trường", "Sở Giáo dục và Đào tạo",
    "Sở Y tế", "Sở Xây dựng", "Sở Văn hóa, Thể thao và Du lịch",
]

COMMUNES = {
    "Phường": """Vĩnh Trường, Bến Đá, Cẩm Sa Đông, Phước Lãng, Đình Trung, Tân Hòa Nam, Chợ Thượng, An Hội Tây, Lò Vôi, Giồng
        Sỏi, Thuận Giang, Cửa Tùng Bắc, Nghĩa Lộ Hạ, Trà Bương, Hòa Bửu, Xuân Ổ, Kỳ Phong, Mỹ Ngãi, Quán Gỗ, Phú Ốc""",
    "Xã": """Đăk Rơ Nga Thượng, Đăk Mơ Lin, Đăk H'Reng, Đăk Tơ Ver, Đăk Ka Ninh, Đăk Sơ Mây, Ngọk Tơ Rang, Ngọk Lăng, Ngọk
        Wơn, Kon Brăng, Kon Plông Hạ, Kon H'Rai, Kon Tơ Năng, Ia Krêl Đông, Ia Blôi, Ia H'Nớ, Ia Tơ Mur, Măng Krí, Măng
        Tơ Lơ, Rờ Pang, Ya Lơ Bê, Plei Bông Tơ, Plei Kơ Lây, Sa Rông, Mô Bân, Sơn Kỳ Hạ, Sơn Mùa Đông, Sơn Rịn, Trà Nú Bắc,
        Trà Xuông, Trà Lãnh Tây, Ba Chùa Thượng, Ba Khâm Đông, Ba Liên Hạ, Hrê Vin, Thanh Bồng Giang, Bình Lãng, Bình Tân
        Thượng, Lộc Ổi, Tịnh Đường, Tịnh Khê Nam, Nghĩa Thọ Đông, Hành Dõng, Hành Tín Giang, Long Mão, Phổ Quýt, Phổ
        Nhơn Hạ, Đức Nhuệ, Đức Chẩn, Mộ Cầy, An Chỉ Tây, Vạn Lũy, Gò Nổi Đông, Sông Vệ Hạ, Suối Kiết Đông, Suối Trầu, Bàu
        Súng, Hố Giang, Đèo Ải, Thác Trắng Nam, Núi Vàng, Đồng Ké, Ruộng Tháp, Lâm Hạnh, Cà Đú, Tà Pơng, A Xơi, A Rưm, Pờ Ê
        Thượng, Hiếu Rơ, Chư Hơ Đrông, Chư Băk Tây, Ea Wi, Ea Knuêc Hạ""",
    "Đặc khu": "Hòn Rơm Lớn, Cù lao Bãi Nồm",
}

# One row a document: kind, spellings of its code (the first is the tidy one), spellings of its date, subject.
DOCUMENTS = {
    "cds": ("Kế hoạch", ["12/KH-UBND", "12 /KH-UBND"], ["15/01/2026", "15/1/2026"],
            "Kế hoạch chuyển đổi số tỉnh Vĩnh Sơn năm 2026"),
    "bcd": ("Thông báo", ["03-TB/BCĐCĐS", "03 -TB/BCĐCĐS", "03/TB-BCĐCĐS", "3-TB/BCĐCĐS"], ["06/3/2026", "06/03/2026"],
            "Kết luận của Trưởng Ban Chỉ đạo chuyển đổi số tỉnh tại phiên họp thứ nhất năm 2026"),
    "cchc": ("Chỉ thị", ["05/CT-UBND", "5/CT-UBND"], ["20/02/2026", "20/2/2026"],
             "Tăng cường kỷ luật, kỷ cương và cải cách thủ tục hành chính tại các xã, phường, đặc khu"),
    "thientai": ("Công văn", ["1187/UBND-NNMT"], ["09/4/2026", "09/04/2026"],
                 "Chủ động phòng, chống thiên tai và tìm kiếm cứu nạn năm 2026"),
    "giamngheo": ("Kế hoạch", ["46/KH-UBND"], ["12/02/2026", "12/2/2026"],
                  "Giảm nghèo bền vững và phát triển sinh kế vùng đồng bào dân tộc thiểu số năm 2026"),
    "hdnd": ("Nghị quyết", ["21.3/NQ-HĐND"], ["11/7/2026", "11/07/2026"],
             "Nhiệm vụ phát triển kinh tế - xã hội 6 tháng cuối năm 2026"),
    "giaingan": ("Thông báo", ["214/TB-VPUBND", "214 /TB-VPUBND"], ["03/8/2026", "03/08/2026"],
                 "Kết luận của Chủ tịch UBND tỉnh tại cuộc họp về giải ngân vốn đầu tư công quý III"),
    "quyhoach": ("Quyết định", ["932/QĐ-UBND"], ["25/5/2026", "25/05/2026"],
                 "Ban hành danh mục quy hoạch chung xã cần lập, điều chỉnh sau sắp xếp đơn vị hành chính"),
    "datdai": ("Công văn", ["2650/UBND-V.I"], ["18/8/2026", "18/08/2026"],
               "Đẩy nhanh việc làm giàu, làm sạch dữ liệu đất đai và cấp giấy chứng nhận lần đầu"),
    "ntm": ("Kế hoạch", ["02-KH/BCĐNTM", "02/KH-BCĐNTM", "2-KH/BCĐNTM"], ["19/6/2026", "19/06/2026"],
            "Xây dựng nông thôn mới và bảo vệ môi trường nông thôn giai đoạn mới"),
    "muabao": ("Công điện", ["07/CĐ-UBND", "7/CĐ-UBND"], ["02/10/2026"],
               "Ứng phó mưa lớn, lũ, lũ quét và sạt lở đất tháng 10 năm 2026"),
    "giaoduc": ("Kế hoạch", ["131/KH-UBND"], ["30/6/2026", "30/06/2026"],
                "Bảo đảm điều kiện năm học 2026 - 2027 ở các trường học cấp xã"),
    "yte": ("Công văn", ["774/SYT-NVY"], ["14/9/2026", "14/09/2026"],
            "Củng cố trạm y tế xã và phòng, chống dịch bệnh mùa mưa"),
    "khcn": ("Công văn", ["1520/SKHCN-KH&ĐMST"], ["22/9/2026", "22/09/2026"],
             "Triển khai tổ công nghệ số cộng đồng và sáng kiến cấp cơ sở"),
    "tinhuy": ("Chỉ thị", ["11-CT/TU", "11/CT-TU"], ["10/3/2026", "10/03/2026"],
               "Tăng cường lãnh đạo công tác tiếp công dân và giải quyết đơn thư ở cơ sở"),
    "tet": ("Kế hoạch", ["205/KH-UBND"], ["05/10/2026"],
            "Bảo đảm an sinh xã hội, an toàn và phục vụ Nhân dân đón Tết Nguyên đán 2027"),
    "togiupviec": ("Thông báo", ["41-TB/TGV", "41 -TB/TGV", "41/TB-TGV"], ["28/9/2026", "28/09/2026"],
                   "Kết quả họp Tổ Giúp việc rà soát tiến độ các nhiệm vụ về chính quyền số cấp xã"),
    "dautu": ("Công văn", ["3312/UBND-KTTH"], ["12/10/2026"],
              "Rà soát, điều chỉnh kế hoạch vốn và quyết toán dự án hoàn thành"),
    "nqnam": ("Nghị quyết", ["33/2025/NQ-HĐND"], ["10/12/2025"],
              "Quy định một số chính sách hỗ trợ hạ tầng thiết yếu ở thôn, làng đặc biệt khó khăn"),
    "vanhoa": ("Kế hoạch", ["88/KH-UBND"], ["26/3/2026", "26/03/2026"],
               "Bảo tồn văn hóa cồng chiêng, phát triển du lịch cộng đồng năm 2026"),
}

# Sections with their tasks: (document or documents, deadline as a clerk typed it, content).
SECTIONS = [
    ("I", "CHUYỂN ĐỔI SỐ VÀ CHÍNH QUYỀN SỐ", [
        ("cds", "31/08/2026", "Hoàn thành số hóa kết quả giải quyết thủ tục hành chính còn hiệu lực từ năm 2016 đến nay tại Trung tâm Phục vụ hành chính công"),
        ("cds", "31-12-2026", "Bảo đảm ít nhất 80% hồ sơ thuộc thẩm quyền được tiếp nhận trực tuyến và thanh toán không dùng tiền mặt"),
        ("cds", "Quý III/2026", "Kiện toàn tổ chuyển đổi số của xã, phân công rõ người phụ trách từng thôn, tổ dân phố"),
        ("cds", "Thường xuyên", "Duy trì chuyên mục chuyển đổi số trên hệ thống truyền thanh cơ sở, mỗi tuần ít nhất hai buổi phát"),
        ("cds", "2026-06-15 00:00:00", "Rà soát, thống kê máy tính, máy quét, đường truyền của bộ phận một cửa và đề xuất trang bị bổ sung"),
        ("cds", "Tháng 12/2026", "Tổ chức đánh giá mức độ hài lòng của người dân khi sử dụng dịch vụ công tại cấp xã"),
        ("cds", "trước ngày 15/11/2026", "Báo cáo kết quả thực hiện các chỉ tiêu chuyển đổi số năm 2026 về Sở Khoa học và Công nghệ"),
        ("bcd", "30/9/2026", "Cấp tài khoản định danh tổ chức cho toàn bộ cơ quan, đơn vị trực thuộc"),
        ("bcd", "30-06-2026", "Hoàn thành phân loại hệ thống thông tin theo cấp độ an toàn và trình phê duyệt hồ sơ đề xuất"),
        ("bcd", "Theo Kế hoạch số 12/KH-UBND ngày 15/01/2026", "Phổ cập kỹ năng số cơ bản cho người dân trong độ tuổi lao động, ưu tiên các làng xa trung tâm"),
        ("bcd", "Quý IV/2026", "Đưa 100% văn bản đi, đến của xã lên hệ thống quản lý văn bản và điều hành, trừ văn bản theo quy định riêng"),
        ("bcd cds", "2026-12-20", "Đối soát số liệu hồ sơ trực tuyến giữa cổng dịch vụ công và sổ theo dõi của xã, giải trình phần chênh lệch"),
        ("bcd", "", "Cử cán bộ đầu mối tham gia nhóm hỗ trợ kỹ thuật liên xã"),
        ("bcd", "5/12/2026", "Tập huấn sử dụng chữ ký số chuyên dùng cho cán bộ mới được điều động về xã"),
        ("bcd", "Thường xuyên", "Kịp thời phản ánh vướng mắc kỹ thuật của các phần mềm dùng chung về đầu mối của tỉnh"),
        ("togiupviec", "15/10/2026", "Rà soát các nhiệm vụ chậm tiến độ, nêu rõ nguyên nhân, trách nhiệm và mốc hoàn thành mới"),
        ("togiupviec", "2026-11-30", "Hoàn thành kết nối mạng truyền số liệu chuyên dùng đến toàn bộ phòng làm việc"),
        ("togiupviec", "'15/12/2026", "Chuẩn bị báo cáo sơ kết một năm vận hành chính quyền địa phương hai cấp về nội dung chính quyền số"),
        ("togiupviec", "Tháng 10/2026", "Cập nhật quy trình nội bộ giải quyết thủ tục hành chính theo danh mục mới công bố"),
        ("togiupviec", "Ngay sau khi có hướng dẫn của Sở Nội vụ", "Số hóa hồ sơ lưu trữ tiếp nhận từ cấp huyện trước đây, lập danh mục bàn giao"),
        ("togiupviec", "Hằng tháng", "Báo cáo tình hình vận hành Trung tâm Phục vụ hành chính công và các kiến nghị phát sinh"),
        ("khcn", "22/11/2026", "Củng cố tổ công nghệ số cộng đồng ở 100% thôn, làng, tổ dân phố, mỗi tổ ít nhất năm thành viên"),
        ("khcn", "Trước ngày 30 tháng 11 năm 2026", "Lựa chọn và gửi ít nhất hai sáng kiến cấp cơ sở tham gia xét công nhận cấp tỉnh"),
        ("khcn", "quý I/2027", "Xây dựng mô hình điểm truy cập Internet công cộng tại nhà rông, nhà văn hóa thôn"),
        ("khcn", "", "Phối hợp khảo sát vùng lõm sóng di động, đề xuất vị trí đặt trạm thu phát"),
    ]),
    ("II", "CẢI CÁCH HÀNH CHÍNH, TIẾP CÔNG DÂN", [
        ("cchc", "31/3/2026", "Ban hành kế hoạch kiểm tra kỷ luật, kỷ cương hành chính trong nội bộ và công khai đường dây nóng"),
        ("cchc", "Thường xuyên", "Niêm yết đầy đủ, đúng quy định thủ tục hành chính tại nơi tiếp nhận và trên trang thông tin điện tử"),
        ("cchc", "46371", "Chấm dứt tình trạng hồ sơ quá hạn không có thư xin lỗi; tổng hợp số hồ sơ quá hạn từng lĩnh vực"),
        ("cchc", "Quý II/2026", "Hoàn thành rà soát, cắt giảm ít nhất 30% thời gian giải quyết đối với thủ tục thuộc thẩm quyền của xã"),
        ("cchc", "31-12-2026", "Bố trí cán bộ thông thạo tiếng đồng bào hỗ trợ người dân tại bộ phận một cửa"),
        ("cchc", "trước ngày 20/12/2026", "Tự chấm điểm chỉ số cải cách hành chính năm 2026, gửi kèm tài liệu kiểm chứng"),
        ("tinhuy", "Thường xuyên", "Người đứng đầu trực tiếp tiếp công dân định kỳ ít nhất hai ngày trong một tháng"),
        ("tinhuy", "30/06/2026", "Giải quyết dứt điểm các đơn khiếu nại tồn đọng chuyển từ cấp huyện trước sắp xếp"),
        ("tinhuy", "2026-09-30", "Lập sổ theo dõi đơn thư thống nhất, đối chiếu với cơ sở dữ liệu về tiếp công dân"),
        ("tinhuy", "Hằng quý", "Đối thoại với Nhân dân tại các địa bàn phát sinh kiến nghị đông người"),
        ("tinhuy", "10/12/2026", "Báo cáo kết quả tiếp công dân, giải quyết đơn thư năm 2026 và phương hướng năm 2027"),
        ("tinhuy", "Tháng 9 năm 2026", "Tổ chức hội nghị hòa giải viên cơ sở, trao đổi kinh nghiệm xử lý tranh chấp đất rẫy"),
        ("tinhuy", "", "Công khai lịch tiếp công dân và người tiếp trên bảng tin các thôn, làng"),
    ]),
    ("III", "KINH TẾ, ĐẦU TƯ, ĐẤT ĐAI", []),
    ("III.1", "Đầu tư công và ngân sách", [
        ("giaingan", "31/10/2026", "Hoàn thành bồi thường, giải phóng mặt bằng các công trình giao thông chuyển tiếp trên địa bàn"),
        ("giaingan", "Quý IV năm 2026", "Giải ngân đạt tối thiểu 95% kế hoạch vốn được giao, không để hủy dự toán"),
        ("giaingan", "trước ngày 10/8/2026", "Đăng ký tiến độ giải ngân từng tháng đối với từng dự án do xã làm chủ đầu tư"),
        ("giaingan", "25-11-2026", "Kiểm tra hiện trường các công trình chậm tiến độ, lập biên bản với từng nhà thầu"),
        ("giaingan", "Theo Nghị quyết số 21.3/NQ-HĐND", "Đề xuất danh mục dự án khởi công mới từ nguồn tăng thu ngân sách xã"),
        ("giaingan dautu", "46386", "Điều chuyển phần vốn không có khả năng giải ngân sang dự án đủ điều kiện, báo cáo Sở Tài chính thẩm định"),
        ("giaingan", "2026-10-15 00:00:00", "Thanh toán dứt điểm khối lượng đã nghiệm thu của các công trình thủy lợi nhỏ"),
        ("dautu", "30/11/2026", "Lập hồ sơ quyết toán các dự án hoàn thành quá sáu tháng chưa quyết toán"),
        ("dautu", "12-12-2026", "Rà soát nợ đọng xây dựng cơ bản nhận bàn giao từ cấp huyện, phân loại theo nguồn vốn"),
        ("dautu", "Tháng 11/2026", "Đối chiếu số liệu tạm ứng quá hạn với Kho bạc, có phương án thu hồi từng khoản"),
        ("dautu", "Ngay sau khi được giao dự toán", "Phân bổ chi tiết dự toán chi thường xuyên năm 2027 cho các đơn vị trực thuộc"),
        ("dautu", "1/12/2026", "Báo cáo tình hình quản lý, sử dụng tài sản công là trụ sở dôi dư sau sắp xếp"),
        ("hdnd", "31/12/2026", "Phấn đấu thu ngân sách trên địa bàn vượt 5% dự toán, tập trung chống thất thu từ đất và khoáng sản"),
        ("hdnd", "2026-12-31", "Nâng tỷ lệ hộ dân được sử dụng nước hợp vệ sinh lên 96%, riêng các làng vùng cao đạt 90%"),
        ("hdnd", "quý 3/2026", "Rà soát quỹ nhà công vụ, bố trí chỗ ở cho cán bộ điều động từ nơi xa đến"),
        ("hdnd", "", "Vận động doanh nghiệp trên địa bàn đăng ký tham gia chương trình mỗi xã một sản phẩm"),
        ("hdnd", "15/9/2026", "Tổ chức tiếp xúc cử tri chuyên đề về nước sinh hoạt và đường vào khu sản xuất"),
    ]),
    ("III.2", "Đất đai, quy hoạch", [
        ("datdai", "30/11/2026", "Làm sạch 100% dữ liệu thửa đất đã có, đối soát chủ sử dụng với cơ sở dữ liệu dân cư"),
        ("datdai", "31-10-2026", "Thu thập bản sao giấy chứng nhận của các hộ chưa có trong cơ sở dữ liệu, bàn giao theo từng thôn"),
        ("datdai", "Trước ngày 05 tháng 12 năm 2026", "Giải quyết xong hồ sơ cấp giấy chứng nhận lần đầu đủ điều kiện đang tồn đọng"),
        ("datdai", "46341", "Lập danh sách hộ đồng bào dân tộc thiểu số thiếu đất ở, đất sản xuất, có xác nhận của già làng"),
        ("datdai", "Thường xuyên", "Ngăn chặn lấn chiếm đất rừng phòng hộ, xử lý ngay khi mới phát sinh"),
        ("datdai", "Theo Công văn số 2650/UBND-V.I", "Cập nhật biến động đất đai do mở rộng đường liên xã"),
        ("quyhoach", "30/9/2026", "Trình phê duyệt nhiệm vụ quy hoạch chung xã sau sắp xếp"),
        ("quyhoach", "Quý IV/2026", "Lấy ý kiến cộng đồng dân cư về đồ án quy hoạch, tổng hợp tiếp thu, giải trình"),
        ("quyhoach", "28/2/2027", "Cắm mốc giới quy hoạch khu trung tâm xã và công bố công khai"),
        ("quyhoach", "", "Rà soát các quy hoạch nông thôn cũ không còn phù hợp, kiến nghị hủy bỏ"),
    ]),
    ("IV", "NÔNG NGHIỆP, MÔI TRƯỜNG, PHÒNG CHỐNG THIÊN TAI", [
        ("thientai", "30/4/2026", "Kiện toàn ban chỉ huy phòng thủ dân sự của xã, phân công trực và địa bàn phụ trách"),
        ("thientai", "31/05/2026", "Xây dựng phương án ứng phó sạt lở cho từng khu dân cư dưới chân núi, ven suối"),
        ("thientai", "Thường xuyên", "Tổ chức trực ban 24/24 giờ trong mùa mưa bão, báo cáo nhanh khi có tình huống"),
        ("thientai", "2026-08-15", "Diễn tập sơ tán dân khi hồ chứa xả lũ khẩn cấp, có sự tham gia của trường học"),
        ("thientai", "Tháng 7/2026", "Kiểm tra an toàn các đập, kênh mương trước mùa lũ, khắc phục hư hỏng phát hiện"),
        ("thientai", "", "Dự trữ lương thực, thuốc men theo phương châm bốn tại chỗ ở các làng dễ bị chia cắt"),
        ("thientai", "31-12-2026", "Tổng kết công tác phòng, chống thiên tai, đánh giá thiệt hại và nhu cầu hỗ trợ khắc phục"),
        ("muabao", "05/10/2026", "Rà soát, di dời khẩn cấp các hộ trong vùng nguy cơ lũ quét, không để người dân quay lại khi chưa an toàn"),
        ("muabao", "2026-10-06 00:00:00", "Cấm người và phương tiện qua các ngầm tràn khi nước lên, bố trí lực lượng canh gác"),
        ("muabao", "30/11/2026", "Sửa chữa tạm các đoạn đường thôn bị sạt lở, bảo đảm xe cứu thương đi lại được"),
        ("muabao", "trước ngày 15/10/2026", "Thống kê thiệt hại về nhà ở, hoa màu, vật nuôi theo từng hộ, có ảnh hiện trường"),
        ("muabao", "Hằng ngày khi có mưa lớn", "Báo cáo nhanh tình hình trước 16 giờ về Văn phòng thường trực"),
        ("muabao", "20-12-2026", "Khôi phục các công trình nước tự chảy bị hư hỏng, cấp nước trở lại cho các làng"),
        ("ntm", "Quý IV/2026", "Hoàn thành ít nhất hai tiêu chí nông thôn mới còn thiếu, ưu tiên tiêu chí thu nhập và môi trường"),
        ("ntm", "30/10/2026", "Phân loại rác tại nguồn ở 70% hộ dân khu trung tâm, có điểm tập kết hợp vệ sinh"),
        ("ntm", "Tháng 12 năm 2026", "Trồng mới năm nghìn cây xanh phân tán dọc đường trục thôn và khuôn viên trường học"),
        ("ntm", "31/12/2026", "Hỗ trợ ba sản phẩm đặc trưng hoàn thiện hồ sơ đánh giá, phân hạng cấp tỉnh"),
        ("ntm", "2026-09-15", "Tiêm phòng vụ hai cho đàn gia súc đạt trên 85% tổng đàn"),
        ("ntm", "Thường xuyên", "Phát động ngày Chủ nhật xanh ở các thôn, làng, nêu gương hộ làm tốt"),
        ("ntm", "", "Rà soát hộ chăn nuôi gần khu dân cư, vận động di dời chuồng trại"),
        ("ntm", "Theo Kế hoạch số 46/KH-UBND", "Lồng ghép vốn giảm nghèo với xây dựng đường vào khu sản xuất tập trung"),
    ]),
    ("V", "VĂN HÓA - XÃ HỘI", []),
    ("V.1", "Giảm nghèo, an sinh", [
        ("giamngheo", "31/07/2026", "Rà soát hộ nghèo, hộ cận nghèo giữa kỳ, xác định nguyên nhân nghèo của từng hộ"),
        ("giamngheo", "15/12/2026", "Giảm ít nhất 4% hộ nghèo so với đầu năm, riêng các làng đặc biệt khó khăn giảm 6%"),
        ("giamngheo", "46112", "Phê duyệt danh sách hộ tham gia dự án nuôi bò sinh sản theo nhóm hộ"),
        ("giamngheo", "30-10-2026", "Mở lớp dạy nghề ngắn hạn cho lao động nông thôn, ưu tiên thanh niên chưa có việc làm"),
        ("giamngheo", "Ngay sau khi được cấp vốn", "Hỗ trợ xóa nhà tạm cho các hộ bị ảnh hưởng bởi lốc xoáy đầu mùa"),
        ("giamngheo", "Quý I/2027", "Xây dựng kế hoạch sinh kế gắn với cây dược liệu dưới tán rừng"),
        ("nqnam", "2026-01-01", "Công bố danh sách thôn, làng đặc biệt khó khăn được thụ hưởng chính sách năm 2026"),
        ("nqnam", "30/6/2026", "Hoàn thành bê tông hóa tối thiểu 3 km đường thôn theo cơ chế Nhà nước và Nhân dân cùng làm"),
        ("nqnam", "31-12-2026", "Nghiệm thu, đưa vào sử dụng hệ thống điện chiếu sáng nông thôn ở các làng được hỗ trợ"),
        ("nqnam", "Tháng 3/2027", "Quyết toán kinh phí hỗ trợ hạ tầng thiết yếu năm 2026 với Sở Tài chính"),
        ("nqnam", "", "Thành lập tổ giám sát đầu tư cộng đồng tại từng công trình"),
        ("tet", "30/12/2026", "Lập danh sách hộ có nguy cơ thiếu đói giáp hạt, đề nghị cấp gạo hỗ trợ"),
        ("tet", "trước ngày 20/01/2027", "Tặng quà gia đình chính sách, người có công, hộ nghèo, người cao tuổi neo đơn"),
        ("tet", "25/12/2026", "Ký cam kết không tàng trữ, mua bán, sử dụng pháo nổ đến từng hộ dân"),
        ("tet", "Thường xuyên", "Nắm tình hình đời sống công nhân, lao động xa quê trở về ăn Tết"),
        ("tet", "15-01-2027", "Kiểm tra an toàn thực phẩm tại các chợ, cơ sở gói bánh, làm mứt"),
        ("tet", "Quý I năm 2027", "Tổ chức ngày hội xuống đồng và phát động Tết trồng cây đầu xuân"),
    ]),
    ("V.2", "Giáo dục, y tế, văn hóa", [
        ("giaoduc", "20/8/2026", "Hoàn thành sửa chữa phòng học xuống cấp, công trình vệ sinh trước khai giảng"),
        ("giaoduc", "05-09-2026", "Huy động trẻ sáu tuổi vào lớp một đạt 100%, không để học sinh bỏ học sau hè"),
        ("giaoduc", "Quý IV/2026", "Bố trí bếp ăn bán trú bảo đảm vệ sinh cho các điểm trường có học sinh ở xa"),
        ("giaoduc", "2026-11-20 00:00:00", "Rà soát thừa, thiếu giáo viên, đề xuất điều chuyển giữa các trường trên địa bàn"),
        ("giaoduc", "Thường xuyên", "Vận động học sinh đến lớp đều trong mùa rẫy, mùa cà phê"),
        ("giaoduc", "", "Sưu tầm sách cũ, lập tủ sách tiếng Việt và tiếng mẹ đẻ tại các điểm trường"),
        ("yte", "30/10/2026", "Bảo đảm trạm y tế có ít nhất một bác sĩ làm việc thường trực các ngày trong tuần"),
        ("yte", "46361", "Tiêm chủng mở rộng đủ mũi cho trẻ dưới một tuổi đạt trên 95%"),
        ("yte", "Hằng tuần", "Giám sát ổ dịch sốt xuất huyết, tổ chức diệt lăng quăng tại các khu dân cư"),
        ("yte", "31/12/2026", "Lập hồ sơ sức khỏe điện tử cho toàn bộ người cao tuổi trên địa bàn"),
        ("yte", "Theo hướng dẫn của Bộ Y tế", "Sáp nhập, sắp xếp các điểm trạm y tế theo địa bàn mới"),
        ("vanhoa", "30/4/2026", "Thống kê nghệ nhân, bộ cồng chiêng còn lưu giữ ở từng làng, lập hồ sơ ảnh"),
        ("vanhoa", "Tháng 8/2026", "Mở lớp truyền dạy cồng chiêng, múa xoang cho thanh thiếu niên"),
        ("vanhoa", "15-11-2026", "Tổ chức ngày hội Đại đoàn kết gắn với phục dựng lễ mừng lúa mới"),
        ("vanhoa", "Quý IV/2026", "Xây dựng ít nhất một điểm du lịch cộng đồng có nhà lưu trú đạt chuẩn\n(ưu tiên làng có nhà rông truyền thống)"),
        ("vanhoa", "Thường xuyên", "Tuyên truyền nếp sống văn minh trong việc cưới, việc tang"),
        ("vanhoa", "", "Phối hợp lập hồ sơ đề nghị xếp hạng di tích căn cứ cách mạng"),
    ]),
]

TITLE = [
    ["ỦY BAN NHÂN DÂN TỈNH VĨNH SƠN"],
    ["VĂN PHÒNG"],
    ["DANH MỤC NHIỆM VỤ GIAO CÁC XÃ, PHƯỜNG, ĐẶC KHU NĂM 2026"],
    ["(Tổng hợp từ 20 văn bản chỉ đạo; cập nhật đến ngày 22 tháng 11 năm 2026)"],
    [],
]
HEADER = ["TT", "Tên nhiệm vụ", "Văn bản giao nhiệm vụ", "Trích yếu", "Thời hạn", "Ghi chú"]


def unit_rows():
    rows = [[f"S{i:02}", name, "department", "T00"] for i, name in enumerate(DEPARTMENTS, 1)]
    number = 0
    for kind, names in COMMUNES.items():
        for name in names.split(","):
            number += 1
            rows.append([f"X{number:03}", f"{kind} {' '.join(name.split())}", "commune", "T00"])
    return rows


def citation(key, turn):
    """The document as this row's clerk typed it; the spelling changes from row to row."""
    kind, codes, days, _ = DOCUMENTS[key]
    return f"{kind} số {codes[turn % len(codes)]} ngày {days[turn % len(days)]}"


def task_rows():
    rows = [line + [""] * (len(HEADER) - len(line)) for line in TITLE] + [HEADER]
    number = 0
    turns = dict.fromkeys(DOCUMENTS, 0)
    for mark, name, tasks in SECTIONS:
        rows.append([mark, name] + [""] * (len(HEADER) - 2))
        for keys, deadline, content in tasks:
            number += 1
            cited = []
            for key in keys.split():
                cited.append(citation(key, turns[key]))
                turns[key] += 1
            # Clerks lose numbers, paste decomposed letters and leave a space at the end.
            shown = "" if number % 29 == 0 else str(number)
            text = unicodedata.normalize("NFD", content) if number in (23, 71) else content
            text = text + "  " if number % 31 == 0 else text
            rows.append([shown, text, "; ".join(cited), DOCUMENTS[keys.split()[0]][3], deadline,
                         "Chuyển tiếp" if number % 17 == 0 else ""])
    return rows


def check(units):
    contents = [content for _, _, rows in SECTIONS for _, _, content in rows]
    used = {key for _, _, rows in SECTIONS for keys, _, _ in rows for key in keys.split()}
    communes = [row for row in units if row[2] == "commune"]
    problems = []
    if len(contents) != 120 or len(set(contents)) != 120:
        problems.append(f"{len(contents)} tasks, {len(set(contents))} different; 120 wanted")
    if used != set(DOCUMENTS) or len(used) != 20:
        problems.append(f"{len(used)} documents used of {len(DOCUMENTS)}; 20 wanted")
    if len(communes) != 96 or len({row[1] for row in communes}) != 96:
        problems.append(f"{len(communes)} communes, {len({row[1] for row in communes})} different; 96 wanted")
    for row in units:
        if unicodedata.normalize("NFC", row[1]) != row[1]:
            problems.append(f"unit name not NFC: {row[1]}")
    for _, _, rows in SECTIONS:
        for _, deadline, _ in rows:
            if re.fullmatch(r"\d{5}", deadline):
                day = date.fromordinal(date(1899, 12, 30).toordinal() + int(deadline))
                if not date(2026, 1, 1) <= day <= date(2027, 6, 30):
                    problems.append(f"serial {deadline} is {day}")
    return problems


def main():
    units, tasks = unit_rows(), task_rows()
    problems = check(units)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    for name, rows in (("units.csv", [["code", "name", "level", "parent"]] + units), ("tasks.csv", tasks)):
        with open(HERE / name, "w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)
    print(f"units.csv: {len(units)} units; tasks.csv: 120 tasks from 20 documents")
    return 0


if __name__ == "__main__":
    sys.exit(main())
