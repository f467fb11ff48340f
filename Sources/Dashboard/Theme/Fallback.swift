extension Theme {
  /// The colours of `Themes/weir-dark.theme`, for where no file can be read.
  package static let fallback = Theme(
    name: "weir-dark",
    colors: [
      .mainBackground: Color(0x14181E), .text: Color(0xD3DAE3), .dim: Color(0x8C98A8),
      .title: Color(0xE8EDF3), .accent: Color(0x7FC8F8), .box: Color(0x3A4554),
      .boxFocused: Color(0x6FB3E0), .good: Color(0x86D993), .warning: Color(0xF2C14E),
      .bad: Color(0xFF7B72), .key: Color(0x7FC8F8), .barBackground: Color(0x222A35),
      .barText: Color(0xD3DAE3), .barDim: Color(0x98A5B6), .barMark: Color(0x7FC8F8),
      .selectedBackground: Color(0x2F5D8A), .selectedText: Color(0xFFFFFF),
      .meterBackground: Color(0x2A323D), .sqlKeyword: Color(0x7FC8F8),
      .sqlString: Color(0xA5D6A7), .sqlNumber: Color(0xF0B686), .sqlComment: Color(0x8C98A8),
      .null: Color(0xB08CCB), .rateStart: Color(0x3E8E7E), .rateMiddle: Color(0x4FC0A8),
      .rateEnd: Color(0xA8F0D0), .lagStart: Color(0x5AA469), .lagMiddle: Color(0xE3B341),
      .lagEnd: Color(0xF47067), .shareStart: Color(0x4F7CAC), .shareMiddle: Color(0x7FC8F8),
      .shareEnd: Color(0xF2C14E),
    ])
}
