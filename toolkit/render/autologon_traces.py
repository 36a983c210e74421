"""What an automatic logon leaves in Windows: values of Winlogon's, and the password as a secret of LSA's.

Two scripts take it away, the one that ends the last logon and the one that closes the guest, and say so in their own
ways: this is what both take away. Modelled, not tried (MicrosoftDocs/win32 desktop-src/SecAuthN/
protecting-the-automatic-logon-password.md: `LsaStorePrivateData` without data deletes).
"""

from __future__ import annotations

WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
VALUES = ("DefaultPassword", "DefaultUserName", "DefaultDomainName", "AutoLogonCount", "AutoLogonSID", "ForceAutoLogon")

# PowerShell; it ends with 1 where the secret stays. Short, because a command of Setup's has 1,024 characters.
# 0x20 is POLICY_CREATE_SECRET; the attributes are reserved, 48 bytes on 64-bit Windows; lengths are in bytes;
# 3221225524 is STATUS_OBJECT_NAME_NOT_FOUND, which is as good.
FORGET = (
    "Add-Type -Namespace Unattend -Name Lsa -MemberDefinition '"
    '[DllImport("advapi32")]public static extern uint LsaOpenPolicy(IntPtr s,byte[] o,uint a,out IntPtr h);'
    '[DllImport("advapi32")]public static extern uint LsaStorePrivateData(IntPtr h,ref Text k,IntPtr d);'
    "public struct Text{public ushort Length,Size;[MarshalAs(UnmanagedType.LPWStr)]public string Buffer;}';"
    "$k=New-Object Unattend.Lsa+Text;$k.Buffer='DefaultPassword';$k.Length=30;$k.Size=32;$h=[IntPtr]::Zero;"
    "if([Unattend.Lsa]::LsaOpenPolicy([IntPtr]::Zero,(New-Object byte[] 48),0x20,[ref]$h)){exit 1};"
    "$r=[Unattend.Lsa]::LsaStorePrivateData($h,[ref]$k,[IntPtr]::Zero);if($r -and $r -ne 3221225524){exit 1}"
)
