// nocontact: Firefox finds an extension that a package brought at its first start, not at its second
pref("extensions.startupScanScopes", 8);
